// Composes the office: people for administrators, the audit for them and for auditors, one's own password for both. The
// address says what is seen (#people, #audit, #password).
import { fill, h, place, text } from "../dom.js";
import { icon } from "../icons.js";
import { createLogin, keepToken, storedToken } from "../login.js";
import { createSession } from "../session.js";
import { T } from "../strings.js";
import { createAudit } from "./audit.js";
import { createPassword } from "./password.js";
import { createPeople } from "./people.js";
import { O } from "./strings.js";

const PAGES = { admin: ["people", "audit", "password"], auditor: ["audit", "password"] };

/** @type {any} who she is, and her token */
let token = null;

const session = createSession((fresh) => (token = fresh), () => logOut(T.login.expired));
const login = createLogin(place("login"), enter);
const who = h("span", { class: "who" });
const nav = h("nav", { "aria-label": O.nav.label });
place("topbar").append(h("p", { class: "brand" }, icon("wave"), h("b", {}, T.product)), nav,
  h("p", { class: "account" }, who, h("button", { type: "button", class: "plain", on: { click: () => logOut() } }, T.login.logout)));
const told = /** @type {HTMLDialogElement} */ (place("told"));
const regions = {
  people: createPeople(place("people"), { session, me: () => token.user, tell, once }),
  audit: createAudit(place("audit"), { session, tell }),
  password: createPassword(place("password"), { session, changed }),
};

function tell(words, bad = false) {
  place("notice").dataset.bad = String(bad);
  text(place("notice"), words);
}

/** A password that is told once: a dialog that stays until she has it. */
function once(user, password) {
  fill(told, h("form", { method: "dialog" }, h("h2", { id: "told-title" }, O.people.once(user)),
    h("p", {}, h("output", { class: "once" }, password)), h("p", { class: "quiet" }, O.people.onceHint),
    h("button", { type: "submit", class: "primary" }, O.people.copied)));
  told.onclose = () => fill(told);
  told.showModal();
}

const allowed = () => (token?.must_change ? ["password"] : PAGES[token?.role] ?? []);

function show() {
  if (!token) return;
  const pages = allowed();
  const page = pages.includes(location.hash.slice(1)) ? location.hash.slice(1) : pages[0];
  const reviews = token.role === "auditor" && !token.must_change ? h("a", { href: "/reviews.html" }, O.nav.reviews) : null;
  fill(nav, pages.map((name) => h("a", { href: `#${name}`, "aria-current": name === page ? "page" : null }, O.nav[name])), reviews);
  for (const name of Object.keys(regions)) place(name).hidden = name !== page;
  document.title = `${T.product} ${O.title.toLowerCase()}: ${O.nav[page]}`;
  text(place("title"), `${O.title}: ${O.nav[page]}`);
  tell("");
  regions[page].show(token);
}

function changed(fresh) {
  token = keepToken(fresh);
  session.enter(fresh);
  history.replaceState(null, "", location.pathname); // no hashchange, which would clear what is told below
  show();
  tell(O.password.done);
}

function enter(fresh) {
  if (!Object.hasOwn(PAGES, fresh.role)) {
    session.leave();
    return login.show(O.forbidden);
  }
  token = fresh;
  session.enter(fresh);
  login.hide();
  text(who, fresh.name);
  place("desk").hidden = false;
  show();
}

function logOut(why = "") {
  session.leave();
  token = null;
  place("desk").hidden = true;
  login.show(why);
}

addEventListener("hashchange", show);
const stored = storedToken();
if (stored) enter(stored);
else login.show();
