// The top bar: who I am, what I do, who waits for me, and how the line to the floor stands.
import { changed, fill, h, keepingFocus, text } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

export const STATE_ICONS = {
  OFFLINE: "off", AVAILABLE: "ready", RESERVED: "ring", RINGING: "ring", TALKING: "talk", HOLD: "pause",
  CONSULT: "people", WRAPUP: "pen", NOT_READY: "pause", NOT_RESPONDING: "warn",
};
const AWAY = new Set(["NOT_READY", "NOT_RESPONDING", "WRAPUP"]);

/**
 * @param {HTMLElement} root
 * @param {{ready: () => void, pause: (reason: string) => void, doNotDisturb: () => void, logOut: () => void}} act
 */
export function createTopbar(root, act) {
  const state = h("p", { class: "state", role: "status" });
  const timer = h("span", { class: "since" });
  const toggle = h("span", { class: "toggle" });
  const [count, longest, each] = [h("span", {}), h("span", { class: "longest" }), h("span", { class: "hidden" })];
  const queues = h("p", { class: "waiting", hidden: true }, icon("queue"), count, longest, each);
  const connection = h("p", { class: "connection", role: "status" });
  const who = h("span", { class: "who" });
  const logOut = h("button", { type: "button", class: "plain", on: { click: act.logOut } }, T.login.logout);
  root.append(h("h1", { class: "hidden" }, T.login.title), h("p", { class: "brand" }, icon("wave"), h("b", {}, T.product)),
    h("div", { class: "me" }, state, timer, toggle), queues,
    connection, h("p", { class: "account" }, who, logOut));
  return {
    update({ agent, queues: served, connection: line, usable, busyState }) {
      if (changed(state, agent.state, agent.reason)) {
        state.dataset.state = agent.state;
        fill(state, icon(STATE_ICONS[agent.state] ?? "off"), h("span", {}, T.states[agent.state] ?? agent.state),
          agent.reason ? h("span", { class: "reason" }, agent.reason) : null);
      }
      if (changed(toggle, agent.state, usable, busyState)) {
        keepingFocus(toggle, () => drawToggle(toggle, agent.state, !usable || busyState, act));
      }
      if (changed(queues, served)) {
        const [all, by] = [served.reduce((sum, queue) => sum + queue.waiting, 0), served.map(T.queues.each).join(", ")];
        queues.hidden = !served.length;
        queues.dataset.waiting = String(all > 0);
        text(count, T.queues.waiting(all));
        text(each, by);
        queues.title = by;
      }
      if (changed(connection, line)) {
        connection.dataset.line = line;
        fill(connection, icon("link"), h("span", {}, T.connection[line]));
      }
      text(who, agent.name);
    },
    tick({ agent, queues: served }, now) {
      text(timer, agent.since ? clock(now - agent.since) : "");
      const first = Math.min(...served.filter((queue) => queue.waiting).map((queue) => queue.longest_since));
      text(longest, Number.isFinite(first) ? T.queues.longest(clock(now - first)) : "");
    },
  };
}

function drawToggle(toggle, state, disabled, act) {
  const away = AWAY.has(state);
  if (!away && state !== "AVAILABLE") return fill(toggle);
  const pauses = h("select", { disabled, "aria-label": T.pauseFor, data: { key: "pauses" }, on: { change: (event) => {
    const reason = event.target.value;
    if (reason === "dnd") act.doNotDisturb();
    else if (reason) act.pause(reason);
  } } }, h("option", { value: "" }, T.pauseFor), Object.entries(T.pauses).map(([value, words]) => h("option", { value }, words)));
  fill(toggle,
    away ? h("button", { type: "button", disabled, class: "primary", data: { key: "toggle" }, "aria-keyshortcuts": "Shift+R",
        on: { click: act.ready } }, icon("ready"), T.beReady, h("kbd", {}, "⇧R"))
      : h("button", { type: "button", disabled, data: { key: "toggle" }, "aria-keyshortcuts": "Shift+R",
        on: { click: () => act.pause(T.pauseReason) } }, icon("pause"), T.bePaused, h("kbd", {}, "⇧R")),
    pauses);
}
