// Alerts: not seen first, the worst first; each leads to its moment in the transcript, and is acknowledged.
import { changed, h, keyed, text } from "../dom.js";
import { clock } from "../format.js";
import { icon } from "../icons.js";
import { byUrgency } from "./state.js";
import { B } from "./strings.js";

const SHAPE = { critical: "critical", warning: "warn", info: "coaching" };
const MOST = 100; // what one person can still take in; the rest is counted

/**
 * @param {HTMLElement} root
 * @param {{seen: (id: string) => void, go: (alert: any) => void}} act
 */
export function createAlarms(root, act) {
  const count = h("span", { class: "count" });
  const list = h("ul", { class: "alarms" });
  const nothing = h("p", { class: "empty" }, B.alarms.none);
  root.append(h("header", {}, h("h2", {}, B.alarms.title), count),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": B.alarms.title }, list, nothing));
  return {
    update({ board, usable, now }) {
      const alerts = [...board.alerts.values()].sort(byUrgency).slice(0, MOST);
      nothing.hidden = alerts.length > 0;
      const open = [...board.alerts.values()].filter((alert) => !alert.acknowledged_by).length;
      text(count, open ? B.alarms.open(open) : "");
      if (changed(list, usable, ...alerts)) {
        const held = list.contains(document.activeElement) ? document.activeElement?.closest("li")?.dataset.alert : null;
        keyed(list, alerts, (alert) => alert.id, (alert) => draw(alert, board, act));
        if (held && !list.contains(document.activeElement)) list.querySelector("button")?.focus({ preventScroll: true });
        for (const button of list.querySelectorAll("button")) button.disabled = button.classList.contains("seen") && !usable;
      }
      this.tick(now);
    },
    tick(now) {
      for (const place of list.querySelectorAll("time")) text(place, B.alarms.ago(clock(now - Number(place.dataset.at))));
    },
    /** Acknowledge the first that is not seen. */
    seeFirst() {
      const first = [...list.querySelectorAll("button")].find((button) => button.classList.contains("seen") && !button.disabled);
      first?.click();
    },
    focus: () => list.querySelector("button")?.focus(),
  };
}

function draw(alert, board, act) {
  const who = board.agents.get(alert.agent)?.name ?? (alert.agent || alert.queue);
  return h("li", { class: `alarm ${alert.severity}${alert.acknowledged_by ? " acknowledged" : ""}`, data: { alert: alert.id } },
    h("p", { class: "head" }, icon(SHAPE[alert.severity]), h("b", {}, B.alarms.severity[alert.severity]), h("span", {}, who),
      h("time", { data: { at: alert.at } })),
    h("p", {}, alert.text),
    alert.quote ? h("q", {}, alert.quote) : null,
    h("p", { class: "actions" },
      alert.contact_id ? h("button", { type: "button", on: { click: () => act.go(alert) } }, B.alarms.go) : null,
      alert.acknowledged_by
        ? h("span", { class: "quiet" }, B.alarms.seenBy(alert.acknowledged_by))
        : h("button", { type: "button", class: "seen", "aria-label": `${B.alarms.seen}: ${alert.text}`, on: { click: () => act.seen(alert.id) } },
            icon("ready"), B.alarms.seen)));
}
