// Queues: who waits longest, is the service within target, who is free. A few dozen at most, so all of them are drawn.
import { changed, fill, h, keyed, text } from "../dom.js";
import { clock, percent } from "../format.js";
import { icon } from "../icons.js";
import { behind } from "./state.js";
import { B } from "./strings.js";

/** @param {HTMLElement} root */
export function createQueues(root) {
  /** @type {any} */
  const list = h("ul", { class: "queues" });
  const wanted = h("span", { class: "count" });
  let drawnFor = 0;
  root.append(h("header", {}, h("h2", {}, B.queues.title), wanted), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": B.queues.title }, list));
  return {
    update(rows, { goal, now }) {
      const { target, answer_s } = goal;
      text(wanted, B.queues.goal(target, answer_s));
      if (target !== drawnFor) {
        list.drawn = new Map(); // the same rows, judged by another target
        list.inputs = null;
        fill(list);
      }
      drawnFor = target;
      if (changed(list, ...rows)) keyed(list, rows, (row) => row.id, (row) => draw(row, target));
      this.tick(now);
    },
    tick(now) {
      for (const place of list.querySelectorAll("[data-since]")) text(place, clock(now - Number(place.getAttribute("data-since"))));
    },
  };
}

function draw(row, target) {
  const late = behind(row, target);
  const level = row.service_level === null ? B.queues.noLevel : percent(row.service_level / 100);
  return h("li", { class: late ? "late" : null },
    h("p", { class: "name" }, h("b", {}, row.id), h("span", {}, B.queues.free(row.free, row.working))),
    h("p", { class: "waits" }, h("b", { class: "number" }, row.waiting), h("span", {}, B.queues.waiting),
      row.waiting ? [h("span", {}, "·"), h("span", {}, B.queues.longest), h("b", { data: { since: row.longest_since } })] : null),
    h("p", { class: "level", title: B.queues.variant }, icon(late ? "warn" : "ready"), h("span", {}, level),
      late ? h("b", {}, B.queues.below) : null),
    h("p", { class: "quiet" }, [
      row.abandon_rate !== null && B.queues.abandoned(percent(row.abandon_rate / 100)),
      row.wait_low_s !== null && B.queues.wait(clock(row.wait_low_s), clock(row.wait_high_s)),
    ].filter(Boolean).join(" · ")));
}
