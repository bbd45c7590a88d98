// Keys towards whoever the agent talks to (RFC 4733): the pad's buttons, or the same keys typed while the pad has focus.
import { h, text } from "./dom.js";
import { T } from "./strings.js";

const KEYS = [..."123456789*0#"];
const SHOWN = 20;

/**
 * @param {HTMLElement} root
 * @param {(digits: string) => void} press
 */
export function createKeypad(root, press) {
  const sent = h("p", { class: "sent", role: "status" });
  const send = (key) => {
    press(key);
    text(sent, ((sent.textContent ?? "") + key).slice(-SHOWN));
  };
  const buttons = KEYS.map((key) => h("button", { type: "button", "aria-label": T.keypad.key(key), on: { click: () => send(key) } }, key));
  root.append(h("h2", { class: "hidden" }, T.keypad.title), sent, h("div", { class: "pad" }, buttons));
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || !KEYS.includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    send(event.key);
  });
  return {
    get open() {
      return !root.hidden;
    },
    toggle() {
      root.hidden = !root.hidden;
      if (!root.hidden) buttons[0].focus();
    },
    update({ contact, usable }) {
      if (contact?.phase !== "talking") root.hidden = true;
      if (root.hidden) text(sent, "");
      for (const button of buttons) button.disabled = !usable;
    },
  };
}
