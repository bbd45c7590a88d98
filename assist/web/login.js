// The login form and the token: kept in sessionStorage, so that a reload stays and a closed tab does not.
import { h, text } from "./dom.js";
import { icon } from "./icons.js";
import { forget, keep, kept } from "./keep.js";
import { T } from "./strings.js";

const KEY = "callfloor.token";
const WHERE = "sessionStorage";

/** The token of this tab, or null where there is none or it has expired. */
export function storedToken() {
  const stored = kept(WHERE, KEY);
  return stored?.expires * 1000 > Date.now() ? stored : null;
}

export function forgetToken() {
  forget(WHERE, KEY);
}

/** This token from now on; returns it. */
export function keepToken(token) {
  keep(WHERE, KEY, token);
  return token;
}

/** A fresh token for the one we have; null where it is not taken any more or nobody answers. */
export async function renewToken(token) {
  try {
    const response = await fetch("/api/renew", { method: "POST", headers: { Authorization: `Bearer ${token.token}` } });
    return response.ok ? keepToken(await response.json()) : null;
  } catch (error) {
    if (error instanceof TypeError) return null; // fetch's word for "no connection"
    throw error;
  }
}

/**
 * @param {HTMLElement} root
 * @param {(token: any) => void} entered
 */
export function createLogin(root, entered) {
  const user = h("input", { id: "user", name: "user", autocomplete: "username", autocapitalize: "none", spellcheck: "false",
    required: true, maxlength: "32" });
  const secret = h("input", { id: "secret", name: "secret", type: "password", autocomplete: "current-password",
    required: true, maxlength: "128" });
  const submit = h("button", { class: "primary", type: "submit" }, T.login.submit);
  const problem = h("p", { class: "problem", role: "alert" });
  const form = h("form", {}, h("p", { class: "brand" }, icon("wave"), h("b", {}, T.product)), h("h1", {}, T.login.title),
    h("label", { for: "user" }, T.login.user), user, h("label", { for: "secret" }, T.login.secret), secret, problem, submit);
  const other = h("a", { class: "other", href: "/api/oidc/login", hidden: true });
  form.append(other);
  root.append(form);
  offered().then((name) => {
    other.hidden = !name;
    text(other, name ? T.login.other(name) : "");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    text(submit, T.login.busy);
    text(problem, "");
    const [token, why] = await logIn(user.value.trim(), secret.value);
    submit.disabled = false;
    text(submit, T.login.submit);
    text(problem, why);
    secret.value = "";
    if (token) entered(keepToken(token));
    else secret.focus();
  });
  return {
    show(why = "") {
      root.hidden = false;
      text(problem, why);
      user.focus();
    },
    hide() {
      root.hidden = true;
    },
  };
}

/** What the identity provider is called; empty where there is none. */
async function offered() {
  try {
    const response = await fetch("/api/oidc");
    return response.ok ? (await response.json()).name : "";
  } catch (error) {
    if (error instanceof TypeError) return ""; // fetch's word for "no connection"
    throw error;
  }
}

/** Back from the identity provider: the token, or why not; null where she does not come from there. */
export async function signedOn() {
  const found = /^#oidc=(.*)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname); // the ticket is good once: a reload must not offer it again
  if (!found[1]) return [null, T.login.notVouched];
  const ticket = decodeURIComponent(found[1]);
  const [token, why] = await asked("/api/oidc/token", { ticket });
  return token ? [keepToken(token), ""] : [null, why === T.login.refused ? T.login.notVouched : why];
}

const logIn = (user, secret) => asked("/api/login", { user, secret });

/** A token, or why not. */
async function asked(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return [await response.json(), ""];
    if (response.status === 429) return [null, T.login.wait(response.headers.get("Retry-After") ?? "60")];
    return [null, response.status < 500 ? T.login.refused : T.login.unreachable];
  } catch (error) {
    if (error instanceof TypeError) return [null, T.login.unreachable];
    throw error;
  }
}
