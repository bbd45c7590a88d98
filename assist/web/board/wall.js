// For a big screen across the room, four answers: who waits longest, are we within target, who needs help, who is free.
import { changed, fill, h, text } from "../dom.js";
import { clock, percent } from "../format.js";
import { icon } from "../icons.js";
import { agentsInOrder, behind, contactsInOrder, need, queuesInOrder } from "./state.js";
import { B } from "./strings.js";

const MOST = 4; // rows that can be read from five metres; the rest is counted

/**
 * @param {HTMLElement} root
 * @param {{leave: () => void}} act
 */
export function createWall(root, act) {
  const places = Object.fromEntries(["longest", "level", "help", "free"].map((name) => [name, h("div", { class: "answer" })]));
  const leave = h("button", { type: "button", class: "plain", on: { click: act.leave } }, B.leaveWall);
  root.append(h("h1", { class: "hidden" }, B.wall), ...Object.entries(places).map(([name, place]) => h("section", { class: name }, h("h2", {}, B.walls[name]), place)), leave);
  return {
    update({ board, me, now }) {
      const queues = queuesInOrder(board);
      const waits = queues.filter((row) => row.waiting).sort((a, b) => a.longest_since - b.longest_since);
      if (changed(places.longest, ...waits)) drawWaits(places.longest, waits);
      if (changed(places.level, ...queues)) drawLevels(places.level, queues);
      const help = contactsInOrder(board, me).filter((row) => need(board, row) >= 2);
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

/** The first of `rows` as `draw` draws them, and how many more there are. */
function some(rows, most, draw) {
  const more = rows.length - most;
  return [...rows.slice(0, most).map(draw), more > 0 ? h("p", { class: "more" }, B.walls.more(more)) : null];
}

function drawWaits(place, waits) {
  fill(place, waits.length ? some(waits, MOST - 1, (row, index) =>
    h("p", { class: index ? null : "first" }, h("b", { class: "number", data: { since: row.longest_since } }), h("span", {}, row.id),
      h("span", {}, `${row.waiting} ${B.queues.waiting}`))) : h("p", { class: "first" }, B.walls.nobody));
}

function drawLevels(place, queues) {
  fill(place, some(queues, MOST, (row) => h("p", { class: behind(row) ? "late" : null },
    icon(behind(row) ? "warn" : "ready"), h("b", { class: "number" }, row.service_level === null ? "–" : percent(row.service_level / 100)),
    h("span", {}, row.id), h("span", { class: "goal" }, (behind(row) ? B.walls.below : B.walls.goal)(row.target, row.answer_s, row.variant)))));
}

function drawHelp(place, help, board) {
  fill(place, help.length ? some(help, MOST, (row) => {
    const name = board.agents.get(row.agent)?.name ?? (row.agent || row.queue);
    const why = row.hand ? B.marks.hand : (board.alertsOf.get(row.id)?.find((alert) => !alert.acknowledged_by)?.text ?? "");
    return h("p", {}, icon(row.hand ? "hand" : "warn"), h("b", {}, name), h("span", {}, why));
  }) : h("p", { class: "first" }, B.walls.fine));
}

function drawFree(place, free) {
  fill(place, h("p", { class: "first" }, h("b", { class: "number" }, free.length)),
    h("p", { class: "names" }, free.slice(0, 24).map((row) => h("span", {}, row.name))));
}
