// One row an agent: state in a word, a shape and a colour, since when, with whom; a contact that waits may be dropped here.
import { fill, h, text } from "../dom.js";
import { clock, phone } from "../format.js";
import { icon } from "../icons.js";
import { T } from "../strings.js";
import { STATE_ICONS } from "../topbar.js";
import { B } from "./strings.js";

/** @param {{setState: (agent: string) => void, give: (contact: string, agent: string) => void, dragged: () => string}} act */
export function agentRow(act) {
  let id = "";
  let since = 0;
  let until = 0;
  const state = h("span", { class: "state" });
  const name = h("b", {});
  const doing = h("span", { class: "doing" });
  const timer = h("span", { class: "timer" });
  const curve = h("path", { class: "curve" });
  const spark = h("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" }, curve);
  const set = h("button", { type: "button", class: "do", on: { click: () => act.setState(id) } }, icon("pen"));
  const element = h("div", { class: "row agent" },
    h("div", { class: "people" }, h("p", {}, name, timer), h("p", {}, state, doing)), spark, set);
  const over = (on) => element.classList.toggle("target", on);
  element.addEventListener("dragover", (event) => {
    if (!act.dragged()) return;
    event.preventDefault();
    over(true);
  });
  element.addEventListener("dragleave", () => over(false));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (act.dragged()) act.give(act.dragged(), id);
  });
  let before = null;
  let withBefore = null;
  let usable = null;
  return {
    element,
    update(row, view) {
      id = row.id;
      const contact = view.board.contactOf.get(row.id);
      if (usable !== view.usable) set.disabled = !(usable = view.usable);
      if (row !== before || contact !== withBefore) {
        draw(row, contact);
        [before, withBefore] = [row, contact];
      }
      this.tick(view.now);
    },
    tick(now) {
      text(timer, until ? `−${clock(until - now)}` : since ? clock(now - since) : "");
    },
  };

  function draw(row, contact) {
    [since, until] = [row.since, row.state === "WRAPUP" ? row.until : 0];
    state.dataset.state = row.state;
    fill(state, icon(STATE_ICONS[row.state] ?? "off"), h("span", {}, T.states[row.state] ?? row.state),
      row.reason ? h("span", { class: "reason" }, row.reason) : null);
    text(name, row.name);
    text(doing, contact ? `${phone(contact.caller)} · ${contact.queue}` : [row.team, ...row.queues].filter(Boolean).join(" · "));
    const points = contact?.points ?? [];
    const [from, to] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1];
    curve.setAttribute("d", points.length < 2 ? "" : points.map(([second, score], index) =>
      `${index ? "L" : "M"}${(((second - from) / (to - from || 1)) * 100).toFixed(1)} ${(12 - score * 10).toFixed(1)}`).join(""));
    set.setAttribute("aria-label", B.agents.setTitle(row.name));
    set.setAttribute("title", B.agents.set);
  }
}
