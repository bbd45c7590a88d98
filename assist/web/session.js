// The agent's token over its life: entered, renewed at half time, forgotten.
import { forgetToken, renewToken } from "./login.js";

const SOONEST_MS = 20_000;

/** @param {(token: any) => void} renewed */
export function createSession(renewed) {
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

  return {
    get open() {
      return token !== null;
    },
    /** A GET with the token; null where it is refused or nobody answers. */
    async get(path) {
      try {
        const response = await fetch(path, { headers: { Authorization: `Bearer ${token?.token}` } });
        return response.ok ? await response.json() : null;
      } catch (error) {
        if (error instanceof TypeError) return null; // fetch's word for "no connection"
        throw error;
      }
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
