// Composes the reviews: contacts with scorecard and form, agents with trend and plan, calibration. The address says what
// is seen (#contact/ID, #agent/NAME, #calibration), so everything can be linked to and gone back to.
import { fill, h, place, text } from "../dom.js";
import { icon } from "../icons.js";
import { createLogin, storedToken } from "../login.js";
import { createSession } from "../session.js";
import { T } from "../strings.js";
import { createAgents } from "./agents.js";
import { createCalibration } from "./calibration.js";
import { createContact } from "./contact.js";
import { createList } from "./list.js";
import { R } from "./strings.js";

const DAYS = 28;
const MOST = 1000;
const PAGES = ["contacts", "agents", "calibration"];
const ROLES = new Set(["supervisor", "auditor"]);

/** @type {any} who she is, and her token */
let token = null;
/** @type {{contacts: any[], reviews: any[], forms: any[]}} */
let known = { contacts: [], reviews: [], forms: [] };

const session = createSession((fresh) => (token = fresh), () => logOut(T.login.expired));
const login = createLogin(place("login"), enter);
const who = h("span", { class: "who" });
const board = h("a", { href: "/board.html" }, R.nav.board);
const links = PAGES.map((page) => h("a", { href: `#${page}`, data: { page } }, R.nav[page]));
place("topbar").append(h("p", { class: "brand" }, icon("wave"), h("b", {}, T.product)), h("nav", { "aria-label": R.nav.label }, links), board,
  h("p", { class: "account" }, who, h("button", { type: "button", class: "plain", on: { click: () => logOut() } }, T.login.logout)));

const list = createList(place("list"), { open: (id) => (location.hash = `contact/${id}`) });
const contact = createContact({ said: place("said"), scorecard: place("scorecard"), form: place("form") },
  { session, reviewed, me: () => token.user, forms: () => known.forms });
const agents = createAgents(place("agents"), { session, days: DAYS });
const calibration = createCalibration(place("calibration"), { session, days: DAYS });

function tell(words) {
  text(place("notice"), words);
}

/** What the lists are made of; false where it cannot be read. */
async function read() {
  const since = Math.max(0, Math.floor(Date.now() / 1000) - DAYS * 86_400);
  const [contacts, reviews, forms] = await Promise.all([session.get(`/api/contacts?since=${since}&limit=${MOST}`),
    session.get(`/api/quality/reviews?days=${DAYS}`), session.get("/api/quality/forms")]);
  if (!contacts || !reviews || !forms) return false;
  known = { contacts: contacts.filter((each) => each.agent), reviews, forms };
  return true;
}

/** A review was saved: the lists tell of it. */
async function reviewed() {
  if (await read()) list.update({ ...known, me: token.user, open: contact.id });
}

async function show() {
  if (!token) return;
  const [page, id = "", moment = ""] = decodeURIComponent(location.hash.slice(1)).split("/");
  const shown = { contact: "contacts", agent: "agents", agents: "agents", calibration: "calibration" }[page] ?? "contacts";
  for (const name of PAGES) place(name).hidden = name !== shown;
  for (const link of links) link.toggleAttribute("aria-current", link.dataset.page === shown);
  document.title = `${T.product} ${R.title.toLowerCase()}: ${R.nav[shown]}`;
  text(place("title"), `${R.title}: ${R.nav[shown]}`);
  tell("");
  if (shown === "agents") await agents.show(known, id);
  else if (shown === "calibration") await calibration.show(known);
  else {
    list.update({ ...known, me: token.user, open: id });
    if (!(await contact.show(id, moment))) tell(R.away);
  }
}

async function enter(fresh) {
  if (fresh.must_change) return location.replace("/office.html"); // where a password is chosen
  if (!ROLES.has(fresh.role)) {
    session.leave();
    return login.show(R.forbidden);
  }
  token = fresh;
  session.enter(fresh);
  login.hide();
  text(who, fresh.name);
  board.hidden = fresh.role !== "supervisor";
  place("desk").hidden = false;
  if (await read()) await show();
  else if (token) tell(R.away);
}

function logOut(why = "") {
  session.leave();
  token = null;
  contact.clear();
  fill(place("agents"));
  fill(place("calibration"));
  place("desk").hidden = true;
  login.show(why);
}

addEventListener("hashchange", show);
const stored = storedToken();
if (stored) enter(stored);
else login.show();
