// Composes the page: the feed's messages fold into one desk, and each region draws what of it concerns it.
import { createCards } from "./cards.js";
import { createControls, createNote } from "./controls.js";
import { createCustomer, nameOf } from "./customer.js";
import { h, text } from "./dom.js";
import { Feed } from "./feed.js";
import { createKeys } from "./keys.js";
import { createLogin, forgetToken, renewToken, storedToken } from "./login.js";
import { createPassing } from "./passing.js";
import { apply, chooseFocus, isOpen, stacked } from "./state.js";
import { T } from "./strings.js";
import { createStrip, createTopbar } from "./topbar.js";
import { createSummary } from "./summary.js";
import { createTranscript } from "./transcript.js";

const NOTICE_MS = 6000;
const place = (id) => document.getElementById(id);

let desk = null;
let token = null;
let connection = "closed";
let lastHeard = 0;
let clockOffset = 0; // seconds the floor's clock is ahead of ours
let notice = "";
let noticeTimer = 0;
let renewTimer = 0;
let focusId = null;
let seen = new Set();
let seenContact = null;
let seenPhase = null;
let pending = new Set();
let calling = false;
let busyState = false;
let pressedMeanwhile = null;
let announced = new Set();

const now = () => Date.now() / 1000 + clockOffset;

const feed = new Feed({
  message(message) {
    lastHeard = message.at ?? lastHeard;
    if (message.type === "welcome") clockOffset = message.at - Date.now() / 1000;
    desk = apply(desk, message);
    draw();
  },
  connection(state) {
    connection = state;
    if (state === "live") note.retry();
    draw();
  },
  unauthorised: () => logOut(T.login.expired),
});

const act = {
  answer: () => call("answer", T.controls.answer),
  hangUp: () => call("hang_up", T.controls.hangUp),
  mute: (muted) => call("mute", T.controls.mute, { muted }),
  accept: (id) => onCard(id, "accept_card", T.cards.accept, { card_id: id }),
  dismiss: (id) => onCard(id, "dismiss_card", T.cards.dismiss, { card_id: id }),
  tick: (id, step, done) => onCard(id, "tick_step", T.cards.kind.next_step, { card_id: id, step_id: step, done }),
  focus(id) {
    focusId = id;
    draw();
  },
  evidence: (utteranceId) => transcript.show(utteranceId),
  async setState(state) {
    busyState = true;
    draw();
    await ask("set_state", { state, reason: state === "ready" ? "" : T.pauseReason }, state === "ready" ? T.beReady : T.bePaused);
    busyState = false;
    draw();
  },
  logOut: () => logOut(),
};

const login = createLogin(place("login"), enter);
const topbar = createTopbar(place("topbar"), act);
const strip = createStrip(place("strip"));
const customer = createCustomer(place("customer"));
const controls = createControls(place("controls"), act);
const passing = createPassing(place("passing"), call);
const note = createNote(place("note-panel"), (contactId, words) => feed.command("note", { contact_id: contactId, text: words }));
const transcript = createTranscript(place("transcript"));
const summary = createSummary(place("summary"));
const cards = createCards(place("cards"), act);
const keys = createKeys({
  a: () => press("accept"),
  d: () => press("dismiss"),
  j: () => move(1),
  k: () => move(-1),
  n: () => note.focus(),
  l: () => transcript.toEnd(),
  m: () => place("controls").querySelector("[data-key=mute]:not(:disabled)")?.click(),
  "Shift+A": () => place("controls").querySelector("[data-key=answer]:not(:disabled)")?.click(),
  "Shift+H": () => place("controls").querySelector("[data-key=hangup]:not(:disabled)")?.click(),
  "Shift+R": () => place("topbar").querySelector(".toggle button:not(:disabled)")?.click(),
  ...Object.fromEntries([...Array(9).keys()].map((index) => [String(index + 1), () => tickStep(index)])),
});

function press(key) {
  onFocus(() => place("cards").querySelector(`.focus [data-key=${key}]:not(:disabled)`)?.click());
}

function tickStep(index) {
  onFocus(() => place("cards").querySelectorAll(".focus .steps input:not(:disabled)")[index]?.click());
}

// A key pressed while the card's last command is still on its way counts when that is answered; the latest wins.
function onFocus(action) {
  if (pending.has(focusId)) pressedMeanwhile = { id: focusId, action };
  else action();
}

function move(by) {
  const order = stacked(desk?.contact?.cards ?? []).filter(isOpen).map((entry) => entry.card.id);
  if (!order.length) return;
  const at = order.indexOf(focusId);
  act.focus(order[(at + by + order.length) % order.length]);
}

async function ask(command, data, what) {
  const reply = await feed.command(command, data);
  if (!reply.ok) tell(T.strip.refused(what, T.strip[reply.reason] ?? reply.reason));
  return reply;
}

async function call(command, what, data = {}) {
  calling = true;
  draw();
  await ask(command, data, what);
  calling = false;
  draw();
}

async function onCard(id, command, what, data) {
  pending = new Set(pending).add(id);
  draw();
  await ask(command, data, what);
  pending = new Set([...pending].filter((other) => other !== id));
  if (pressedMeanwhile?.id !== id) return draw();
  const { action } = pressedMeanwhile;
  pressedMeanwhile = null;
  drawNow();
  if (focusId === id) action();
}

function tell(words) {
  notice = words;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    notice = "";
    draw();
  }, NOTICE_MS);
  draw();
}

let scheduled = false;

// At most one drawing per frame; a hidden page gets no frames but its title must still ring.
function draw() {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(drawNow, 50);
  else requestAnimationFrame(drawNow);
}

function drawNow() {
  scheduled = false;
  const here = Boolean(desk && token);
  place("desk").hidden = !here;
  document.body.dataset.connection = connection;
  if (!here) return;
  const { contact } = desk;
  settleFocus(contact);
  const live = connection === "live";
  const view = {
    ...desk, focusId, seen, pending, connection, notice, lostAt: lastHeard, calling, busyState,
    usable: live, now: now(),
  };
  topbar.update(view);
  strip.update(view);
  customer.update(view);
  controls.update({ ...view, usable: live && desk.station.connected });
  passing.update(view);
  note.update(view);
  transcript.update(view);
  summary.update(view);
  cards.update(view);
  announce(contact);
  tick();
}

function settleFocus(contact) {
  if (contact?.id !== seenContact) {
    seenContact = contact?.id ?? null;
    [focusId, seen, announced, seenPhase] = [null, new Set(), new Set(), null];
  }
  if (contact?.phase === "ended") return settleEnded();
  focusId = chooseFocus(contact?.cards ?? [], focusId, seen);
  if (focusId && !seen.has(focusId)) seen = new Set(seen).add(focusId);
}

// After the call the summary is what matters: a card is large only when the agent asks for it.
function settleEnded() {
  if (seenPhase !== "ended") focusId = null;
  seenPhase = "ended";
}

function announce(contact) {
  document.title = contact?.phase === "ringing" ? `☎ ${nameOf(contact)}` : T.product;
  const alerts = [];
  const news = [];
  const say = (id, list, words) => {
    if (!announced.has(id)) list.push(words);
    announced.add(id);
  };
  // Once by number, and again when the look-up has found the name.
  if (contact?.phase === "ringing") {
    const name = nameOf(contact);
    say(`ringing ${name}`, alerts, T.strip.ringing(name, contact.queue));
  }
  for (const { card } of (contact?.cards ?? []).filter((entry) => entry.outcome === "")) {
    if (card.critical) say(card.id, alerts, T.cards.announceCritical(card.title));
    else say(card.id, news, T.cards.announce(card.title));
  }
  if (alerts.length) text(place("alerts"), alerts.join(". "));
  if (news.length) text(place("news"), news.join(". "));
}

function tick() {
  if (!desk || connection !== "live") return;
  topbar.tick(desk.agent, now());
  controls.tick(desk.contact, now());
}

function enter(fresh) {
  token = fresh;
  login.hide();
  feed.open(fresh.token);
  renewAtHalfTime();
}

function renewAtHalfTime() {
  clearTimeout(renewTimer);
  renewTimer = setTimeout(async () => {
    const fresh = await renewToken(token);
    if (!token) return;
    if (fresh) {
      token = fresh;
      feed.renew(fresh.token);
    }
    renewAtHalfTime();
  }, Math.max(20_000, (token.expires * 1000 - Date.now()) / 2));
}

function logOut(why = "") {
  clearTimeout(renewTimer);
  forgetToken();
  feed.close();
  [desk, token, connection] = [null, null, "closed"];
  draw();
  login.show(why);
}

function drawKeysSwitch() {
  const make = () => h("button", { type: "button", class: "plain", title: T.keys.hint, "aria-pressed": String(keys.enabled),
    on: { click: () => {
      keys.toggle();
      document.body.dataset.keys = keys.enabled ? "on" : "off";
      place("keys").replaceChildren(make());
    } } }, keys.enabled ? T.keys.on : T.keys.off);
  place("keys").replaceChildren(make());
  document.body.dataset.keys = keys.enabled ? "on" : "off";
}

drawKeysSwitch();
setInterval(tick, 1000);
const stored = storedToken();
if (stored) enter(stored);
else login.show();
