// For a big screen across the room, four answers: who waits longest, are we within target, who needs help, who is free.
import { changed, fill, h, text } from "../dom.js";
import { clock, percent } from "../format.js";
import { icon } from "../icons.js";
import { agentsInOrder, behind, contactsInOrder, need, queuesInOrder } from "./state.js";
import { B } from "./strings.js";

const MOST = 8;

/**
 * @param {HTMLElement} root
 * @param {{leave: () => void}} act
 */
export function createWall(root, act) {
  const places = Object.fromEntries(["longest", "level", "help", "free"].map((name) => [name, h("div", { class: "answer" })]));
  const leave = h("button", { type: "button", class: "plain", on: { click: act.leave } }, B.leaveWall);
  root.append(h("h1", { class: "hidden" }, B.wall), ...Object.entries(places).map(([name, place]) => h("section", { class: name }, h("h2", {}, B.walls[name]), place)), leave);
  return {
    update({ board, goal, me, now }) {
      const queues = queuesInOrder(board, goal.target);
      const waits = queues.filter((row) => row.waiting).sort((a, b) => a.longest_since - b.longest_since).slice(0, MOST);
      if (changed(places.longest, ...waits)) drawWaits(places.longest, waits);
      if (changed(places.level, goal, ...queues)) drawLevels(places.level, queues.slice(0, MOST), goal.target);
      const help = contactsInOrder(board, me).filter((row) => need(board, row) >= 2).slice(0, MOST);
      if (changed(places.help, board.alertsOf, ...help)) drawHelp(places.help, help, board);
      const free = agentsInOrder(board).filter((row) => row.state === "AVAILABLE");
      if (changed(places.free, ...free)) drawFree(places.free, free);
      this.tick(now);
    },
    tick(now) {
      for (const place of root.querySelectorAll("[data-since]")) text(place, clock(now - Number(place.getAttribute("data-since"))));
    },
  };
}

function drawWaits(place, waits) {
  fill(place, waits.length ? waits.map((row, index) =>
    h("p", { class: index ? null : "first" }, h("b", { class: "number", data: { since: row.longest_since } }), h("span", {}, row.id),
      h("span", {}, `${row.waiting} ${B.queues.waiting}`))) : h("p", { class: "first" }, B.walls.nobody));
}

function drawLevels(place, queues, target) {
  fill(place, queues.map((row) => h("p", { class: behind(row, target) ? "late" : null },
    icon(behind(row, target) ? "warn" : "ready"), h("b", { class: "number" }, row.service_level === null ? "–" : percent(row.service_level / 100)),
    h("span", {}, row.id), behind(row, target) ? h("span", {}, B.queues.below) : null)));
}

function drawHelp(place, help, board) {
  fill(place, help.length ? help.map((row) => {
    const name = board.agents.get(row.agent)?.name ?? (row.agent || row.queue);
    const why = row.hand ? B.marks.hand : (board.alertsOf.get(row.id)?.find((alert) => !alert.acknowledged_by)?.text ?? "");
    return h("p", {}, icon(row.hand ? "hand" : "warn"), h("b", {}, name), h("span", {}, why));
  }) : h("p", { class: "first" }, B.walls.fine));
}

function drawFree(place, free) {
  fill(place, h("p", { class: "first" }, h("b", { class: "number" }, free.length)),
    h("p", { class: "names" }, free.slice(0, 24).map((row) => h("span", {}, row.name))));
}
