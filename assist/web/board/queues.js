// Queues: who waits longest, is the service within target, who is free. A few dozen at most, so all of them are drawn.
import { changed, h, keyed, text } from "../dom.js";
import { clock, percent } from "../format.js";
import { icon } from "../icons.js";
import { behind } from "./state.js";
import { B } from "./strings.js";

/** @param {HTMLElement} root */
export function createQueues(root) {
  /** @type {any} */
  const list = h("ul", { class: "queues" });
  root.append(h("header", {}, h("h2", {}, B.queues.title)), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": B.queues.title }, list));
  return {
    update(rows, { now }) {
      if (changed(list, ...rows)) keyed(list, rows, (row) => row.id, draw);
      this.tick(now);
    },
    tick(now) {
      for (const place of list.querySelectorAll("[data-since]")) text(place, clock(now - Number(place.getAttribute("data-since"))));
    },
  };
}

function draw(row) {
  const late = behind(row);
  const level = row.service_level === null ? B.queues.noLevel : percent(row.service_level / 100);
  return h("li", { class: late ? "late" : null },
    h("p", { class: "name" }, h("b", {}, row.id), h("span", {}, B.queues.free(row.free, row.working))),
    h("p", { class: "waits" }, h("b", { class: "number" }, row.waiting), h("span", {}, B.queues.waiting),
      row.waiting ? [h("span", {}, "·"), h("span", {}, B.queues.longest), h("b", { data: { since: row.longest_since } })] : null),
    h("p", { class: "level", title: B.queues.variants[row.variant] }, icon(late ? "warn" : "ready"), h("b", {}, level),
      h("span", {}, late ? B.queues.below : row.service_level === null ? null : B.queues.within)),
    h("p", { class: "quiet" }, B.queues.goal(row.target, row.answer_s, row.variant)),
    h("p", { class: "quiet" }, [
      row.abandon_rate !== null && B.queues.abandoned(percent(row.abandon_rate / 100)),
      row.wait_low_s !== null && B.queues.wait(clock(row.wait_low_s), clock(row.wait_high_s)),
    ].filter(Boolean).join(" · ")));
}
