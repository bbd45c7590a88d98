// The agent's token over its life: entered, renewed at half time, forgotten; and what is asked with it.
import { forgetToken, renewToken } from "./login.js";

const SOONEST_MS = 20_000;

/**
 * @param {(token: any) => void} renewed
 * @param {() => void} refused the token is good for nothing any more (only where something was asked with it)
 */
export function createSession(renewed, refused = () => {}) {
  let token = null;
  let timer = 0;

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(renew, Math.max(SOONEST_MS, (token.expires * 1000 - Date.now()) / 2));
  }

  async function renew() {
    const fresh = await renewToken(token);
    if (!token) return;
    if (fresh) {
      token = fresh;
      renewed(fresh);
    }
    schedule();
  }

  /** The answer; null where nobody answers. @param {RequestInit} [init] */
  async function ask(path, init = {}) {
    try {
      const response = await fetch(path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token?.token}` } });
      if (response.status === 401) refused();
      return response;
    } catch (error) {
      if (error instanceof TypeError) return null; // fetch's word for "no connection"
      throw error;
    }
  }

  return {
    get open() {
      return token !== null;
    },
    /** A GET with the token; null where it is refused or nobody answers. */
    async get(path) {
      const response = await ask(path);
      return response?.ok ? response.json() : null;
    },
    /** A POST (or DELETE) of JSON: `value`, or why not (empty: nobody answered). */
    async post(path, body, method = "POST") {
      const headers = { "Content-Type": "application/json" };
      const response = await ask(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
      const said = response && (await response.json());
      return response?.ok ? { ok: true, value: said, reason: "" } : { ok: false, value: null, reason: said?.detail ?? "" };
    },
    /** A recording as a `url` of this page's own (revoke it), and the contact's second it begins at; null without one. */
    async sound(path) {
      const response = await ask(path);
      if (!response?.ok) return null;
      return { url: URL.createObjectURL(await response.blob()), start_s: Number(response.headers.get("Recording-Start") ?? 0) };
    },
    /** A file as a URL of this page's own (revoke it); null without one. */
    async file(path) {
      const response = await ask(path);
      return response?.ok ? URL.createObjectURL(await response.blob()) : null;
    },
    enter(fresh) {
      token = fresh;
      schedule();
    },
    leave() {
      clearTimeout(timer);
      token = null;
      forgetToken();
    },
  };
}
