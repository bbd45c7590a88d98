// One row a live contact: where it stands, who has it, how it feels and sounds, and the four things a supervisor can do.
import { fill, h, text } from "../dom.js";
import { clock, phone } from "../format.js";
import { icon } from "../icons.js";
import { need } from "./state.js";
import { B } from "./strings.js";
import { attribute } from "./table.js";

const PHASE_ICON = { flow: "next_step", queued: "clock", ringing: "ring", talking: "talk", outside: "give", held: "pause" };
const MARK_ICON = { talk_over: "over", dead_air: "silence", mos: "warn", hold: "pause", sentiment: "sentiment", hand: "hand" };
const LEVELS = ["calm", "info", "warning", "critical", "critical"];
const POOR_MOS = 3.6;
const DOING = ["listen", "whisper", "barge", "coach"];
const ICONS = { listen: "ear", whisper: "whisper", barge: "barge", coach: "coaching" };
const KEYS = { listen: "L", whisper: "W", barge: "B", coach: "C" };

/** @param {{on: (what: string, id: string) => void, drag: (id: string) => void}} act */
export function contactRow(act) {
  let id = "";
  let since = 0;
  const phase = h("p", { class: "phase" });
  const timer = h("span", { class: "timer" });
  const who = h("button", { type: "button", class: "who", title: B.contacts.open, "aria-keyshortcuts": "O", on: { click: () => act.on("open", id) } });
  const said = h("p", { class: "said" });
  const curve = h("path", { class: "curve" });
  const spark = h("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("path", { class: "zero", d: "M0 12H100" }), curve);
  const feeling = h("span", { class: "hidden" });
  const marks = h("p", { class: "marks" });
  const facts = h("p", { class: "facts" });
  const buttons = Object.fromEntries(DOING.map((what) => [what,
    h("button", { type: "button", class: `do ${what}`, "aria-keyshortcuts": KEYS[what], on: { click: () => act.on(what, id) } }, icon(ICONS[what]))]));
  const give = h("button", { type: "button", class: "do give", "aria-label": B.contacts.give, title: `${B.contacts.give} (G)`,
    "aria-keyshortcuts": "G", on: { click: () => act.on("give", id) } }, icon("give"), h("span", {}, B.contacts.giveShort));
  const doing = h("div", { class: "doing" }, Object.values(buttons), give);
  const element = h("div", { class: "row contact" }, h("div", { class: "stand" }, phase, timer),
    h("div", { class: "people" }, who, said), h("div", { class: "feel" }, spark, feeling, marks), facts, doing);
  element.addEventListener("dragstart", (event) => {
    event.dataTransfer?.setData("text/plain", id);
    act.drag(id);
  });
  element.addEventListener("dragend", () => act.drag(""));
  const drawn = {};
  const once = (name, value, draw) => {
    if (drawn[name] === value) return;
    drawn[name] = value;
    draw(value);
  };

  function drawDoing(row, view) {
    const mine = row.supervisor === view.me;
    const waits = row.phase === "queued";
    element.draggable = waits && view.usable;
    give.hidden = !waits;
    give.disabled = !view.usable;
    for (const what of DOING) {
      const button = buttons[what];
      button.hidden = what === "coach" ? !row.agent : waits && what !== "listen";
      button.disabled = !view.usable || (["whisper", "barge"].includes(what) && (!mine || !row.agent));
      const now = mine && row.mode === what;
      const words = button.disabled && what !== "listen" && what !== "coach" && view.usable ? `${B.mode[what]}: ${B.contacts.listenFirst}` : B.mode[what];
      attribute(button, "aria-label", words);
      attribute(button, "title", `${words} (${KEYS[what]})`);
      if (what !== "coach") attribute(button, "aria-pressed", String(now));
    }
  }

  return {
    element,
    update(row, view) {
      id = row.id;
      const stands = row.held_since ? "held" : row.phase;
      since = row.held_since || row.since;
      once("phase", stands, () => {
        element.dataset.phase = stands;
        fill(phase, icon(PHASE_ICON[stands] ?? "other"), h("span", {}, B.phase[stands] ?? stands));
      });
      once("need", LEVELS[need(view.board, row)], (level) => (element.dataset.need = level));
      const agent = view.board.agents.get(row.agent)?.name ?? row.agent;
      const caller = phone(row.caller);
      once("who", [agent, caller, row.queue, row.consult].join("|"), () =>
        fill(who, h("b", {}, agent || caller), h("span", {}, row.queue), row.consult ? h("span", {}, B.contacts.consults(row.consult)) : null));
      const words = row.said && `${row.said_by === "agent" ? B.contacts.agent : B.contacts.caller}: ${row.said}`;
      once("said", [agent && caller, words].filter(Boolean).join(" · "), (value) => text(said, value));
      once("points", row.points, () => drawCurve(spark, curve, feeling, row.points));
      const signs = signsOf(row, view.board);
      once("marks", signs.join(), () => fill(marks, signs.map((kind) =>
        h("span", { class: "mark", title: B.marks[kind] }, icon(MARK_ICON[kind]), h("span", {}, B.marks[kind])))));
      const there = row.supervisor === view.me ? B.contacts.mine : row.supervisor && B.contacts.supervisedBy(row.supervisor);
      once("facts", [row.cards, row.mos, there].join(), () =>
        fill(facts, there ? h("b", { class: "there" }, there) : null, row.cards ? h("span", {}, B.contacts.cards(row.cards)) : null,
          row.mos ? h("span", { class: row.mos < POOR_MOS ? "poor" : null }, B.contacts.mos(row.mos.toFixed(1))) : null));
      once("doing", [row.phase, row.supervisor, row.mode, row.agent, view.usable].join(), () => drawDoing(row, view));
      element.classList.toggle("mine", row.supervisor === view.me);
      element.classList.toggle("open", view.reading === row.id);
      this.tick(view.now);
    },
    tick(now) {
      text(timer, clock(now - since));
    },
  };
}

// What is remarkable now, as words and shapes: open alerts of these kinds, and a raised hand.
function signsOf(row, board) {
  const kinds = new Set((board.alertsOf.get(row.id) ?? []).map((alert) => alert.kind).filter((kind) => MARK_ICON[kind]));
  return [...(row.hand ? ["hand"] : []), ...kinds];
}

function drawCurve(spark, curve, words, points) {
  const [from, to] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const path = points.map(([second, score], index) =>
    `${index ? "L" : "M"}${(to > from ? ((second - from) / (to - from)) * 100 : 0).toFixed(1)} ${(12 - score * 10).toFixed(1)}`);
  curve.setAttribute("d", path.length > 1 ? path.join("") : "");
  const delta = points.length > 1 ? points.at(-1)[1] - points.at(-2)[1] : 0;
  const direction = points.length < 2 ? "none" : delta < -0.05 ? "falling" : delta > 0.05 ? "rising" : "flat";
  spark.dataset.direction = direction;
  text(words, B.contacts.feeling[direction]);
}
