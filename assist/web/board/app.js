// Composes the board: rows by one websocket, commands and what concerns her by another; each region draws its part.
import { place, text } from "../dom.js";
import { createDrawing, createNotice } from "../drawing.js";
import { Feed } from "../feed.js";
import { timeOfDay } from "../format.js";
import { createKeys } from "../keys.js";
import { createLogin, storedToken } from "../login.js";
import { createSession } from "../session.js";
import { T } from "../strings.js";
import { agentRow } from "./agents.js";
import { createAlarms } from "./alarms.js";
import { createBar } from "./bar.js";
import { createChoice } from "./choice.js";
import { contactRow } from "./contacts.js";
import { createOrders } from "./orders.js";
import { createQueues } from "./queues.js";
import { createReading } from "./reading.js";
import { agentsInOrder, apply, contactsInOrder, createBoard, queuesInOrder } from "./state.js";
import { B } from "./strings.js";
import { createSupervising } from "./supervising.js";
import { createTable } from "./table.js";
import { createWall } from "./wall.js";

const NOTICE_MS = 8000;

const board = createBoard();
/** @type {any} who she is, and her token */
let token = null;
let lines = { board: "closed", feed: "closed" };
let known = false; // the whole board has come
let clockOffset = 0; // seconds the floor's clock is ahead of ours
let calling = ""; // the contact her phone is being called for
let facts = { tips: {}, banners: [] };
let announced = new Set();
let dragged = "";

const draw = createDrawing(drawNow, 250);
const notice = createNotice(draw, NOTICE_MS);
const tell = notice.tell;
const now = () => Date.now() / 1000 + clockOffset;
const mine = () => [...board.contacts.values()].find((row) => row.supervisor === token?.user);
const usable = () => lines.board === "live" && lines.feed === "live";

const rows = new Feed({
  message(message) {
    if (message.type === "welcome") clockOffset = message.at - Date.now() / 1000;
    if (message.type !== "board") return;
    apply(board, message);
    known = true;
    draw();
  },
  connection: (state) => line("board", state),
  unauthorised: () => logOut(T.login.expired),
  refused: () => logOut(B.forbidden),
}, "/api/board");

const feed = new Feed({
  message(message) {
    if (message.type === "supervision.failed" && message.data.supervisor === token?.user) {
      calling = "";
      tell(B.failed(message.data.reason));
    }
    reading.told(message);
    draw();
  },
  connection: (state) => line("feed", state),
  unauthorised: () => logOut(T.login.expired),
});

function line(name, state) {
  lines = { ...lines, [name]: state };
  if (name === "feed" && state === "live") begin();
  draw();
}

const session = createSession((fresh) => {
  token = fresh;
  rows.renew(fresh.token);
  feed.renew(fresh.token);
});

/** What does not come by the websockets: tips, banners. */
async function begin() {
  facts = (await session.get("/api/supervision")) ?? facts;
  draw();
}

const choose = createChoice(/** @type {HTMLDialogElement} */ (place("choice")));
const orders = createOrders({ board, choose, ask, facts: () => facts, calling: (id) => (calling = id),
  open: (id, write) => open(id, null, write) });
const login = createLogin(place("login"), enter);
const bar = createBar(place("topbar"), { banner: orders.banner, wall: () => showWall(true), logOut: () => logOut() });
const supervising = createSupervising(place("supervising"), { on: orders.on });
const queues = createQueues(place("queues"));
const alarms = createAlarms(place("alarms"), {
  seen: (id) => ask("acknowledge_alert", { alert_id: id }, B.alarms.seen),
  go: (alert) => open(alert.contact_id, alert),
});
const contacts = createTable(place("contacts"), { title: B.contacts.title, empty: B.contacts.none, height: 64,
  make: () => contactRow({ on: orders.on, drag: (id) => (dragged = id) }), opened: (id) => open(id) });
const agents = createTable(place("agents"), { title: B.agents.title, empty: B.agents.none, height: 52,
  make: () => agentRow({ setState: orders.setState, give: orders.give, dragged: () => dragged }), opened: orders.setState });
const reading = createReading(place("reading"), {
  close: closeReading,
  coach: (id, data) => ask("coach", { contact_id: id, ...data }, B.mode.coach),
  lower: (id) => ask("lower_hand", { contact_id: id }, B.reading.lower),
  token: () => token.token,
  draw: () => draw(),
});
const wall = createWall(place("wall"), { leave: () => showWall(false) });

// What a key is about: the row the keyboard is on, else whom she supervises, else what she reads.
const subject = () => contacts.focused() ?? mine()?.id ?? reading.contact;
const onSubject = (what) => () => subject() && orders.on(what, subject());
const keys = createKeys(bar.keys, {
  l: onSubject("listen"), w: onSubject("whisper"), b: onSubject("barge"), c: onSubject("coach"), o: onSubject("open"),
  g: onSubject("give"), "Shift+T": onSubject("takeover"), x: () => mine() && orders.on("leave", mine().id),
  e: () => alarms.seeFirst(), v: () => showWall(place("wall").hidden),
  1: () => contacts.focus(), 2: () => agents.focus(), 3: () => alarms.focus(),
});

function open(id, moment = null, write = false) {
  reading.open(id, moment);
  place("desk").dataset.reading = "yes";
  draw();
  if (write) reading.write();
}

function closeReading() {
  reading.close();
  delete place("desk").dataset.reading;
  draw();
}

function showWall(on) {
  place("wall").hidden = !on;
  document.body.dataset.wall = on ? "yes" : "no";
  draw();
}

async function ask(command, data, what) {
  const reply = await feed.command(command, data);
  if (!reply.ok) tell(B.refused(what, B[reply.reason] ?? reply.reason));
  return reply;
}

function drawNow() {
  const here = Boolean(token && known);
  place("desk").hidden = !here;
  if (!here) return;
  const lost = !usable() && board.at ? timeOfDay(board.at) : "";
  if (mine()?.id === calling || !board.contacts.has(calling)) calling = "";
  document.body.dataset.connection = usable() ? "live" : "reconnecting";
  const view = { board, me: token.user, mine: mine(), calling, notice: notice.words, usable: usable(), lostAt: lost, now: now(),
    facts, tips: facts.tips, reading: reading.contact, who: token.name };
  bar.update(view);
  supervising.update(view);
  reading.update(view);
  announce();
  if (!place("wall").hidden) return wall.update(view);
  queues.update(queuesInOrder(board), view);
  alarms.update(view);
  contacts.update(contactsInOrder(board, token.user), view, String(board.contacts.size));
  agents.update(agentsInOrder(board), view, B.agents.free([...board.agents.values()].filter((row) => row.state === "AVAILABLE").length));
}

// New alerts and hands, said once: what is critical at once, the rest when the reader has time.
function announce() {
  const [urgent, news] = [[], []];
  const fresh = new Set();
  const say = (id, list, words) => {
    fresh.add(id);
    if (!announced.has(id)) list.push(words);
  };
  for (const alert of board.alerts.values()) {
    const who = board.agents.get(alert.agent)?.name ?? (alert.agent || alert.queue);
    say(alert.id, alert.severity === "critical" ? urgent : news, B.alarms.announce(B.alarms.severity[alert.severity], alert.text, who));
  }
  for (const row of board.contacts.values()) {
    if (row.hand) say(`hand ${row.id}`, urgent, B.alarms.hand(board.agents.get(row.agent)?.name ?? row.agent, row.hand_text));
  }
  announced = fresh;
  if (urgent.length) text(place("alerts"), urgent.join(". "));
  if (news.length) text(place("news"), news.slice(0, 3).join(". "));
}

function tick() {
  if (!token || !known || !usable()) return;
  const parts = place("wall").hidden ? [queues, alarms, contacts, agents] : [wall];
  for (const part of parts) part.tick(now());
}

function enter(fresh) {
  token = fresh;
  session.enter(fresh);
  login.hide();
  rows.open(fresh.token);
  feed.open(fresh.token);
}

function logOut(why = "") {
  session.leave();
  closeReading();
  rows.close();
  feed.close();
  [token, known, lines] = [null, false, { board: "closed", feed: "closed" }];
  draw();
  login.show(why);
}

keys.draw();
document.title = `${T.product} ${B.title.toLowerCase()}`;
setInterval(tick, 1000);
const stored = storedToken();
if (stored) enter(stored);
else login.show();
if (location.hash === "#wall") showWall(true);
