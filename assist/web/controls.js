// Bottom left: the call itself, mirroring the headset, and the agent's note. State is word, icon and colour together.
import { changed, fill, h, text } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {{answer: Function, hangUp: Function, mute: Function}} act
 */
export function createControls(root, act) {
  const timer = h("p", { class: "timer" });
  const buttons = h("div", { class: "buttons" });
  const headset = h("p", { class: "headset quiet" });
  root.append(h("h2", { class: "hidden" }, T.controls.title), timer, buttons, headset);
  return {
    update({ contact, station, usable, calling }) {
      if (changed(buttons, contact?.phase, station, usable, calling)) drawButtons(buttons, contact, station, usable, calling, act);
      fillHeadset(headset, station);
    },
    tick(contact, now) {
      fillTimer(timer, contact, now);
    },
  };
}

function drawButtons(buttons, contact, station, usable, calling, act) {
  const held = buttons.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const ringing = contact?.phase === "ringing";
  const inCall = ringing || contact?.phase === "talking";
  buttons.hidden = !inCall;
  if (!inCall) return fill(buttons);
  const off = !usable || calling;
  fill(buttons,
    ringing ? button("answer", "answer", T.controls.answer, "⇧A", off, act.answer) : null,
    ringing ? null : muteButton(station, off, act),
    button("hangup", "hangup", ringing ? T.controls.decline : T.controls.hangUp, "⇧H", off, act.hangUp));
  if (held) buttons.querySelector(`[data-key="${held}"]`)?.focus({ preventScroll: true });
}

function muteButton(station, off, act) {
  const locked = station.muted && station.mute_lock;
  const words = locked ? T.controls.mutedBy(station.mute_lock) : station.muted ? T.controls.unmute : T.controls.mute;
  const made = button("mute", station.muted ? "micOff" : "mic", words, locked ? "" : "M", off || locked, () => act.mute(!station.muted));
  made.setAttribute("aria-pressed", String(station.muted));
  return made;
}

function button(key, shape, words, shortcut, disabled, action) {
  return h("button", { class: `call ${key}`, type: "button", disabled, data: { key }, on: { click: action },
      "aria-keyshortcuts": shortcut.replace("⇧", "Shift+") || null },
    icon(shape), h("span", {}, words), shortcut ? h("kbd", {}, shortcut) : null);
}

function fillHeadset(headset, station) {
  text(headset, station.connected ? T.controls.headset(station.headset) : "");
}

function fillTimer(timer, contact, now) {
  if (!contact) return text(timer, "");
  const { phase, answered_at, offered_at, ended_at } = contact;
  timer.dataset.phase = phase;
  if (phase === "ended") return text(timer, `${T.controls.ended} ${clock(answered_at ? ended_at - answered_at : 0)}`);
  if (phase === "talking") return text(timer, clock(now - answered_at));
  return text(timer, `${T.controls.ringingFor} ${clock(now - offered_at)}`);
}

/**
 * The note of the contact: saved half a second after the last key, kept in this browser until the floor has it.
 * @param {HTMLElement} root
 * @param {(contactId: string, text: string) => Promise<{ok: boolean}>} save
 */
export function createNote(root, save) {
  const area = h("textarea", { id: "note", rows: "2", maxlength: "4000", placeholder: T.controls.notePlaceholder,
    "aria-keyshortcuts": "N" });
  const status = h("span", { class: "quiet", role: "status" });
  root.append(h("label", { for: "note" }, icon("pen"), T.controls.note, h("kbd", {}, "N"), status), area);
  let contactId = null;
  let timer = 0;
  const key = () => `callfloor.note.${contactId}`;

  async function flush() {
    clearTimeout(timer);
    const [about, draft] = [contactId, area.value];
    text(status, T.controls.noteSaving);
    const reply = await save(about, draft);
    if (about !== contactId || draft !== area.value) return;
    text(status, reply.ok ? T.controls.noteSaved : T.controls.noteKept);
    if (reply.ok) sessionStorage.removeItem(key());
  }

  area.addEventListener("input", () => {
    sessionStorage.setItem(key(), area.value);
    clearTimeout(timer);
    timer = setTimeout(flush, 500);
  });
  area.addEventListener("blur", () => sessionStorage.getItem(key()) !== null && flush());
  return {
    focus: () => area.focus(),
    /** Send what the floor does not have yet (after a reconnect). */
    retry: () => contactId && sessionStorage.getItem(key()) !== null && flush(),
    update({ contact }) {
      root.hidden = !contact;
      if (!contact) {
        contactId = null;
        return;
      }
      const draft = sessionStorage.getItem(`callfloor.note.${contact.id}`);
      if (contact.id !== contactId) {
        contactId = contact.id;
        area.value = draft ?? contact.note;
        text(status, draft === null ? "" : T.controls.noteKept);
      } else if (draft === null && document.activeElement !== area && area.value !== contact.note) {
        area.value = contact.note;
      }
    },
  };
}
