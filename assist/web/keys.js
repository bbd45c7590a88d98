// Single-key shortcuts, which an agent may turn off (WCAG 2.1.4). They do nothing while she types.

const STORED = "callfloor.keys";

/** @param {Record<string, (event: KeyboardEvent) => void>} actions by key: "a", "Shift+A", "1" ... */
export function createKeys(actions) {
  let enabled = localStorage.getItem(STORED) !== "off";
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target instanceof HTMLElement) return event.target.blur();
    if (!enabled || event.repeat || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const action = actions[event.shiftKey ? `Shift+${event.key.toUpperCase()}` : event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
  return {
    get enabled() {
      return enabled;
    },
    toggle() {
      enabled = !enabled;
      localStorage.setItem(STORED, enabled ? "on" : "off");
    },
  };
}

function typing(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox]), textarea, select");
}
