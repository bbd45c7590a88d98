// Bottom left: the call itself, mirroring the headset. State is word, icon and colour together.
import { changed, fill, h, keepingFocus, text } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { MOS_GOOD, MOS_WARNING } from "./quality.js";
import { T } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {Record<string, Function>} act
 */
export function createControls(root, act) {
  const timer = h("p", { class: "timer" });
  const hold = h("p", { class: "hold-timer", hidden: true }, icon("pause"), h("span", {}));
  const buttons = h("div", { class: "buttons" });
  const headset = h("p", { class: "headset quiet" });
  const line = h("p", { class: "quality" });
  root.append(h("h2", { class: "hidden" }, T.controls.title), h("div", { class: "times" }, timer, hold, line), buttons, headset);
  return {
    update(view) {
      const { contact, station, usable, calling, passing, keypad } = view;
      const drawn = [contact?.phase, contact?.held, contact?.consult, contact?.hand, station, usable, calling, passing, keypad];
      if (changed(buttons, ...drawn)) keepingFocus(buttons, () => drawButtons(buttons, view, act));
      text(headset, station.connected ? T.controls.headset(station.headset) : "");
      headset.title = headset.textContent ?? "";
      drawQuality(line, contact, station);
    },
    tick({ contact, hold_limit_s: limit }, now) {
      fillTimer(timer, contact, now);
      fillHold(hold, contact, now, limit);
    },
  };
}

function drawButtons(place, { contact, station, usable, calling, passing, keypad }, act) {
  const ringing = contact?.phase === "ringing";
  const talking = contact?.phase === "talking";
  place.hidden = !ringing && !talking;
  if (place.hidden) return fill(place);
  const off = !usable || calling;
  const end = button("hangup", "hangup", ringing ? T.controls.decline : T.controls.hangUp, "⇧H", off, act.hangUp);
  if (ringing) return fill(place, button("answer", "answer", T.controls.answer, "⇧A", off, act.answer), end);
  const hold = button("hold", contact.held ? "play" : "pause", contact.held ? T.controls.resume : T.controls.hold, "H",
    off || Boolean(contact.consult), () => act.hold(!contact.held));
  fill(place,
    muteButton(station, off, act),
    pressed(hold, contact.held),
    end,
    h("div", { class: "small" },
      pressed(button("passing", "forward", T.passing.open, "T", off || Boolean(contact.consult), act.passing), passing, "expanded"),
      pressed(button("keypad", "keypad", T.keypad.open, "P", off, act.keypad), keypad, "expanded"),
      pressed(button("hand", "hand", contact.hand ? T.controls.handUp : T.controls.hand, "R", off, () => act.hand(!contact.hand)), contact.hand)));
}

function muteButton(station, off, act) {
  const locked = station.muted && station.mute_lock !== "";
  const words = locked ? T.controls.mutedBy(station.mute_lock) : station.muted ? T.controls.unmute : T.controls.mute;
  const made = button("mute", station.muted ? "micOff" : "mic", words, locked ? "" : "M", off || locked, () => act.mute(!station.muted));
  return pressed(made, station.muted);
}

function pressed(made, on, attribute = "pressed") {
  made.setAttribute(`aria-${attribute}`, String(on));
  return made;
}

function button(key, shape, words, shortcut, disabled, action) {
  return h("button", { class: `call ${key}`, type: "button", disabled, data: { key }, on: { click: action },
      "aria-keyshortcuts": shortcut.replace("⇧", "Shift+") || null },
    icon(shape), h("span", {}, words), shortcut ? h("kbd", {}, shortcut) : null);
}

/** How the call sounds to the agent, in a word and its number (MOS by the E-model, ITU-T G.107; G.711 reaches 4.4). */
function drawQuality(line, contact, station) {
  const { mos } = station;
  line.hidden = contact?.phase !== "talking" || contact.held || !mos; // who is on hold is not heard
  if (line.hidden || !changed(line, mos)) return;
  const level = mos >= MOS_GOOD ? "good" : mos >= MOS_WARNING ? "fair" : "poor";
  line.dataset.level = level;
  fill(line, icon(level === "poor" ? "warn" : "signal"), h("span", {}, T.controls.quality[level]),
    h("span", { class: "quiet" }, T.controls.mos(mos.toFixed(1))));
}

function fillTimer(timer, contact, now) {
  if (!contact) return text(timer, "");
  const { phase, answered_at, offered_at, ended_at } = contact;
  timer.dataset.phase = phase;
  if (phase === "ended") return text(timer, `${T.controls.ended} ${clock(answered_at ? ended_at - answered_at : 0)}`);
  if (phase === "talking") return text(timer, clock(now - answered_at));
  return text(timer, `${T.controls.ringingFor} ${clock(now - offered_at)}`);
}

function fillHold(hold, contact, now, limit) {
  hold.hidden = contact?.phase !== "talking" || !contact.held;
  if (hold.hidden) return;
  const seconds = contact.held_since ? now - contact.held_since : 0;
  hold.dataset.over = String(seconds >= limit);
  text(hold.lastElementChild, seconds >= limit ? T.controls.heldLong(clock(seconds)) : T.controls.heldFor(clock(seconds)));
}
