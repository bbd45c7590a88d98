// The top bar and the strip under it: who I am, how the line stands, and the one thing to know now.
import { changed, fill, h, text } from "./dom.js";
import { clock, percent, timeOfDay } from "./format.js";
import { icon } from "./icons.js";
import { nameOf } from "./customer.js";
import { T } from "./strings.js";

const STATE_ICONS = {
  OFFLINE: "off", AVAILABLE: "ready", RESERVED: "ring", RINGING: "ring", TALKING: "talk", HOLD: "pause",
  WRAPUP: "pen", NOT_READY: "pause", NOT_RESPONDING: "warn",
};
const AWAY = new Set(["NOT_READY", "NOT_RESPONDING", "WRAPUP"]);

/**
 * @param {HTMLElement} root
 * @param {{setState: Function, logOut: Function}} act
 */
export function createTopbar(root, act) {
  const state = h("p", { class: "state", role: "status" });
  const timer = h("span", { class: "since" });
  const toggle = h("span", { class: "toggle" });
  const recogniser = h("p", { class: "recogniser" });
  const connection = h("p", { class: "connection", role: "status" });
  const who = h("span", { class: "who" });
  const logOut = h("button", { type: "button", class: "plain", on: { click: act.logOut } }, T.login.logout);
  root.append(h("p", { class: "brand" }, icon("wave"), h("b", {}, T.product)), h("div", { class: "me" }, state, timer, toggle),
    recogniser, connection, h("p", { class: "account" }, who, logOut));
  return {
    update({ agent, services, connection: line, usable, busyState }) {
      if (changed(state, agent.state, agent.reason)) {
        state.dataset.state = agent.state;
        fill(state, icon(STATE_ICONS[agent.state] ?? "off"), h("span", {}, T.states[agent.state] ?? agent.state),
          agent.reason ? h("span", { class: "reason" }, agent.reason) : null);
      }
      if (changed(toggle, agent.state, usable, busyState)) drawToggle(toggle, agent.state, !usable || busyState, act);
      if (changed(recogniser, services.recogniser)) drawRecogniser(recogniser, services.recogniser);
      if (changed(connection, line)) {
        connection.dataset.line = line;
        fill(connection, icon("link"), h("span", {}, T.connection[line]));
      }
      text(who, agent.name);
    },
    tick(agent, now) {
      text(timer, agent.since ? clock(now - agent.since) : "");
    },
  };
}

function drawToggle(toggle, state, disabled, act) {
  const away = AWAY.has(state);
  if (!away && state !== "AVAILABLE") return fill(toggle);
  fill(toggle, h("button", { type: "button", disabled, class: away ? "primary" : null, "aria-keyshortcuts": "Shift+R",
      on: { click: () => act.setState(away ? "ready" : "not_ready") } },
    icon(away ? "ready" : "pause"), away ? T.beReady : T.bePaused, h("kbd", {}, "⇧R")));
}

function drawRecogniser(place, { state, engine, model, wer, wer_on, demo }) {
  place.dataset.state = state;
  if (!engine) return fill(place, icon("wave"), T.recogniser.none);
  fill(place, icon(state === "up" ? "wave" : "warn"),
    h("span", {}, `${engine} · ${model}`),
    state === "down" ? h("b", {}, T.recogniser.down) : null,
    demo ? h("span", { class: "demo" }, T.recogniser.demo) : null,
    h("span", {}, wer === null ? T.recogniser.noWer : T.recogniser.wer(percent(wer)),
      wer !== null && wer_on ? h("span", { class: "on" }, ` ${T.recogniser.on(wer_on)}`) : null));
  place.title = wer !== null && wer_on ? T.recogniser.on(wer_on) : "";
}

/** Below this (ITU-T G.107: "many users dissatisfied") the line itself is the trouble; voice/quality.py has the same. */
const MOS_WARNING = 3.6;

/** The strip says one thing: the worst, else where the call stands. */
export function createStrip(root) {
  const words = root.querySelector("p");
  return {
    update(view) {
      const [level, message, shape] = worst(view);
      if (!changed(root, level, message)) return;
      root.dataset.level = level;
      fill(words, shape ? icon(shape) : null, h("span", {}, message));
    },
  };
}

function worst(view) {
  const { contact, station, services, connection, lostAt, notice, agent } = view;
  const { recogniser } = services;
  if (connection === "reconnecting") return ["bad", T.strip.stale(timeOfDay(lostAt)), "warn"];
  if (connection !== "live") return ["warn", T.strip.connecting, "link"];
  if (contact?.phase === "ended" && contact.ended_reason === "worker_lost") return ["bad", T.strip.workerLost, "warn"];
  if (notice) return ["warn", notice, "warn"];
  if (!station.connected) return ["warn", T.strip.noStation, "warn"];
  if (!station.registered) return ["warn", T.strip.notRegistered, "warn"];
  if (recogniser.state === "down" && contact) return ["warn", T.strip.recogniserDown, "warn"];
  if (recogniser.state === "behind") return ["warn", T.strip.recogniserBehind(Math.round(recogniser.behind_s)), "clock"];
  if (contact?.phase === "talking" && station.mos && station.mos < MOS_WARNING) {
    return ["warn", T.strip.poorLine(station.mos.toFixed(1)), "warn"];
  }
  return calm(contact, agent, station);
}

function calm(contact, agent, station) {
  if (contact?.phase === "ringing") return ["ring", T.strip.ringing(nameOf(contact), contact.queue), "ring"];
  if (contact?.phase === "talking" && contact.supervision) {
    return ["calm", T.strip.supervised[contact.supervision](contact.supervisor), "coaching"];
  }
  if (contact?.phase === "talking") {
    const words = T.strip.talking(nameOf(contact), contact.queue, clock(contact.waited_s));
    return ["calm", station.mos ? `${words} · ${T.strip.line(station.mos.toFixed(1))}` : words, null];
  }
  if (contact) return ["calm", [T.strip.ended, T.strip.endedBy[contact.ended_by]].filter(Boolean).join(" "), null];
  return ["calm", agent.state === "AVAILABLE" ? T.strip.idle : T.strip.notReady, null];
}
