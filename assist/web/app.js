// Composes the page: the feed's messages fold into one desk, and each region draws what of it concerns it.
import { createAnnouncer } from "./announce.js";
import { createCards } from "./cards.js";
import { createControls } from "./controls.js";
import { createCustomer } from "./customer.js";
import { clickKey, place } from "./dom.js";
import { createDrawing, createNotice } from "./drawing.js";
import { createDue } from "./due.js";
import { Feed } from "./feed.js";
import { CardFocus } from "./focus.js";
import { createKeypad } from "./keypad.js";
import { createKeys } from "./keys.js";
import { createLogin, signedOn, storedToken } from "./login.js";
import { createNote } from "./note.js";
import { createPassing } from "./passing.js";
import { createRecogniser } from "./recogniser.js";
import { createSession } from "./session.js";
import { apply } from "./state.js";
import { T } from "./strings.js";
import { createStrip } from "./strip.js";
import { createTopbar } from "./topbar.js";
import { createTranscript } from "./transcript.js";
import { createWrapUp } from "./wrapup.js";

/** Where others than agents work. */
const ELSEWHERE = { supervisor: "/board.html", admin: "/office.html", auditor: "/office.html" };
const NOTICE_MS = 6000;
const SLOW_MS = 700; // what takes longer is said to be under way

/** @type {any} */
let desk = null;
let connection = "closed";
let lastHeard = 0;
let clockOffset = 0; // seconds the floor's clock is ahead of ours
let pending = new Set();
let calling = false;
let busyState = false;
let asking = "";
/** @type {{id: string|null, action: () => void}|null} */
let pressedMeanwhile = null;
const focus = new CardFocus();
const announce = createAnnouncer();

const draw = createDrawing(drawNow, 50);
const notice = createNotice(draw, NOTICE_MS);
const tell = notice.tell;
const now = () => Date.now() / 1000 + clockOffset;
const me = () => desk?.agent.user ?? "";

const feed = new Feed({
  message(message) {
    lastHeard = message.at ?? lastHeard;
    if (message.type === "welcome") clockOffset = message.at - Date.now() / 1000;
    desk = apply(desk, message);
    // From here on it is known whose desk this is; a feed that resumes sends no snapshot.
    if (message.type === "snapshot" || (message.type === "welcome" && message.data.resumed)) sendKept();
    draw();
  },
  connection(state) {
    connection = state;
    draw();
  },
  unauthorised: () => logOut(T.login.expired),
});
const session = createSession((fresh) => feed.renew(fresh.token));

const act = {
  answer: () => call("answer", T.controls.answer),
  hangUp: () => call("hang_up", T.controls.hangUp),
  mute: (muted) => call("mute", T.controls.mute, { muted }),
  hold: (on) => call("hold", on ? T.controls.hold : T.controls.resume, { on }),
  hand: (up) => call(up ? "raise_hand" : "lower_hand", T.controls.hand, { contact_id: desk.contact.id }),
  choose: (id) => ask("choose_customer", { contact_id: desk.contact.id, customer_id: id }, T.customer.choose),
  tasks: () => session.get("/api/tasks"),
  settle: async (id) => (await session.post(`/api/tasks/${id}/done`, {})).ok,
  tell,
  callBack: (number) => call("call", T.customer.callBack, { number }),
  passing: () => toggle(passing, keypad),
  keypad: () => toggle(keypad, passing),
  accept: (id) => onCard(id, "accept_card", T.cards.accept, { card_id: id }),
  dismiss: (id) => onCard(id, "dismiss_card", T.cards.dismiss, { card_id: id }),
  tick: (id, step, done) => onCard(id, "tick_step", T.cards.kind.next_step, { card_id: id, step_id: step, done }),
  paste: (words) => note.add(words),
  focus(id) {
    focus.id = id;
    draw();
  },
  evidence: (utteranceId) => transcript.show(utteranceId),
  ready: () => beIn("set_state", T.beReady, { state: "ready", reason: "" }),
  pause: (reason) => beIn("set_state", T.bePaused, { state: "not_ready", reason }),
  doNotDisturb: () => beIn("do_not_disturb", T.pauses.dnd, { on: true }),
  moreTime: () => ask("more_time", {}, T.summary.more),
  wrapUp: (contactId, value) => feed.command("wrap_up", { contact_id: contactId, ...value }),
  logOut: () => logOut(),
};

const login = createLogin(place("login"), enter);
const topbar = createTopbar(place("topbar"), act);
const strip = createStrip(place("strip"));
const recogniser = createRecogniser(place("recogniser"));
const customer = createCustomer(place("customer"), act);
const due = createDue(place("due"), act);
const controls = createControls(place("controls"), act);
const passing = createPassing(place("passing"), call, () => session.get("/api/directory"));
const keypad = createKeypad(place("keypad"), (digits) => ask("press_keys", { digits }, T.keypad.open));
const note = createNote(place("note-panel"), me, (contactId, words) => feed.command("note", { contact_id: contactId, text: words }));
const transcript = createTranscript(place("transcript"));
const wrapUp = createWrapUp(place("summary"), me, act);
const cards = createCards(place("cards"), act);
const keys = createKeys(place("keys"), {
  a: () => onFocus("accept"),
  d: () => onFocus("dismiss"),
  i: () => onFocus("paste"),
  j: () => move(1),
  k: () => move(-1),
  n: () => note.focus(),
  w: () => wrapUp.focus(),
  l: () => transcript.toEnd(),
  m: () => clickKey(place("controls"), "mute"),
  h: () => clickKey(place("controls"), "hold"),
  t: () => clickKey(place("controls"), "passing"),
  p: () => clickKey(place("controls"), "keypad"),
  r: () => clickKey(place("controls"), "hand"),
  "Shift+A": () => clickKey(place("controls"), "answer"),
  "Shift+H": () => clickKey(place("controls"), "hangup"),
  "Shift+R": () => clickKey(place("topbar"), "toggle"),
  "Shift+W": () => wrapUp.confirm(),
  ...Object.fromEntries([...Array(9).keys()].map((index) => [String(index + 1), () => whenIdle(() => tickStep(index))])),
});

function onFocus(key) {
  const root = place("cards").querySelector(".focus");
  whenIdle(() => clickKey(root, key));
}

function tickStep(index) {
  const input = place("cards").querySelectorAll(".focus .steps input:not(:disabled)")[index];
  if (input instanceof HTMLElement) input.click();
}

// A key pressed while the card's last command is still on its way counts when that is answered; the latest wins.
function whenIdle(action) {
  if (pending.has(focus.id)) pressedMeanwhile = { id: focus.id, action };
  else action();
}

function move(by) {
  focus.move(desk?.contact?.cards ?? [], by);
  draw();
}

// The transfer panel and the keypad share one place: opening one closes the other.
function toggle(region, other) {
  if (other.open) other.toggle();
  region.toggle();
  drawNow();
}

function sendKept() {
  for (const region of [note, wrapUp]) region.retry();
}

function atIt(what) {
  asking = what;
  draw();
}

async function ask(command, data, what) {
  const slow = setTimeout(() => atIt(what), SLOW_MS);
  const reply = await feed.command(command, data);
  clearTimeout(slow);
  if (asking === what) atIt("");
  if (!reply.ok) tell(T.strip.refused(what, T.strip[reply.reason] ?? reply.reason));
  return reply;
}

async function call(command, what, data = {}) {
  calling = true;
  draw();
  const reply = await ask(command, data, what);
  calling = false;
  draw();
  return reply;
}

async function beIn(command, what, data) {
  busyState = true;
  draw();
  await ask(command, data, what);
  busyState = false;
  draw();
}

async function onCard(id, command, what, data) {
  pending = new Set(pending).add(id);
  draw();
  await ask(command, data, what);
  pending = new Set([...pending].filter((other) => other !== id));
  const meanwhile = pressedMeanwhile;
  if (!meanwhile || meanwhile.id !== id) return draw();
  pressedMeanwhile = null;
  drawNow();
  if (focus.id === id) meanwhile.action();
}

function drawNow() {
  const here = Boolean(desk && session.open);
  place("desk").hidden = !here;
  document.body.dataset.connection = connection;
  if (!here) return;
  focus.settle(desk.contact);
  const live = connection === "live";
  const view = {
    ...desk, focusId: focus.id, seen: focus.seen, pending, connection, notice: notice.words, asking, lostAt: lastHeard, calling, busyState,
    usable: live, now: now(), passing: passing.open, keypad: keypad.open,
  };
  for (const region of [topbar, strip, recogniser, customer, due, passing, keypad, note, transcript, wrapUp, cards]) region.update(view);
  controls.update({ ...view, usable: live && desk.station.connected, passing: passing.open, keypad: keypad.open });
  announce(desk.contact);
  tick();
}

function tick() {
  if (!desk || connection !== "live") return;
  topbar.tick(desk, now());
  controls.tick(desk, now());
  wrapUp.tick(desk, now());
}

function enter(fresh) {
  if (Object.hasOwn(ELSEWHERE, fresh.role)) return location.replace(ELSEWHERE[fresh.role]);
  session.enter(fresh);
  login.hide();
  feed.open(fresh.token);
}

function logOut(why = "") {
  session.leave();
  feed.close();
  due.forget();
  [desk, connection] = [null, "closed"];
  draw();
  login.show(why);
}

for (const [id, words] of Object.entries(T.regions)) place(id).setAttribute("aria-label", words);
keys.draw();
setInterval(tick, 1000);
const [vouched, whyNot] = (await signedOn()) ?? [storedToken(), ""];
if (vouched) enter(vouched);
else login.show(whyNot);
