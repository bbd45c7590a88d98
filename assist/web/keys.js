// Single-key shortcuts, which an agent may turn off (WCAG 2.1.4). They do nothing while she types.
import { fill, h } from "./dom.js";
import { keep, kept } from "./keep.js";
import { T } from "./strings.js";

const STORED = "callfloor.keys";

/**
 * @param {HTMLElement} root where the switch stands
 * @param {Record<string, (event: KeyboardEvent) => void>} actions by key: "a", "Shift+A", "1" ...
 */
export function createKeys(root, actions) {
  let enabled = kept("localStorage", STORED) !== "off";
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target instanceof HTMLElement) return event.target.blur();
    if (!enabled || event.repeat || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const action = actions[event.shiftKey ? `Shift+${event.key.toUpperCase()}` : event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action(event);
  });

  function draw() {
    document.body.dataset.keys = enabled ? "on" : "off";
    fill(root, h("button", { type: "button", class: "plain", title: T.keys.hint, "aria-pressed": String(enabled),
      on: { click: toggle } }, enabled ? T.keys.on : T.keys.off));
  }

  function toggle() {
    enabled = !enabled;
    keep("localStorage", STORED, enabled ? "on" : "off");
    draw();
    root.querySelector("button")?.focus();
  }

  return { draw };
}

function typing(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
}
