// What agents promised and is due: beside an idle desk, to dial from and to tick off.
import { changed, fill, h, keepingFocus, text } from "./dom.js";
import { day, isoDay, phone } from "./format.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

/**
 * @typedef {{id: string, text: string, customer: string, number: string, due_on: string|null}} Due
 */

/**
 * @param {HTMLElement} root
 * @param {{tasks: () => Promise<Due[]|null>, settle: (id: string) => Promise<unknown>, callBack: (number: string) => void,
 *   tell: (words: string) => void}} act
 */
export function createDue(root, act) {
  const count = h("span", { class: "count" });
  const list = h("ul", { class: "due" });
  const state = h("p", { class: "empty", role: "status" });
  root.append(h("header", {}, h("h2", { id: "due-title" }, T.due.title), count), state, list);
  /** @type {Due[]|null} */
  let tasks = null;
  let idle = false;
  let reading = false;
  let view = { usable: false, callable: false, now: 0 };

  async function read() {
    reading = true;
    draw();
    tasks = await act.tasks();
    reading = false;
    draw();
  }

  async function settle(task) {
    if (await act.settle(task.id)) await read();
    else act.tell(T.due.refused);
  }

  function draw() {
    if (!changed(list, tasks, reading, view.usable, view.callable)) return;
    text(count, tasks?.length ? T.due.count(tasks.length) : "");
    state.hidden = Boolean(tasks?.length);
    if (tasks) fill(state, T.due.none);
    else if (reading) fill(state, T.due.reading);
    else fill(state, [T.due.unknown, " ", h("button", { type: "button", class: "plain", on: { click: read } }, T.due.again)]);
    keepingFocus(list, () => fill(list, (tasks ?? []).map((task) => drawTask(task, view, act, settle))));
  }

  return {
    update({ contact, agent, usable, now }) {
      root.hidden = Boolean(contact);
      const begins = !contact && usable && !idle;
      idle = !contact && usable;
      view = { usable, callable: usable && agent.state === "AVAILABLE", now };
      if (begins) read();
      else draw();
    },
    forget() {
      [tasks, idle] = [null, false];
    },
  };
}

function drawTask(task, { usable, callable, now }, act, settle) {
  const due = task.due_on ? Date.parse(task.due_on) / 1000 : 0;
  const late = Boolean(task.due_on) && task.due_on < isoDay(now);
  const who = task.customer || T.due.stranger;
  return h("li", {},
    h("p", {}, h("b", {}, who), h("span", { class: "what" }, task.text)),
    h("p", { class: late ? "late" : "quiet" }, [late ? icon("warn") : null, due ? (late ? T.due.late : T.due.due)(day(due)) : null],
      h("span", { class: "quiet" }, phone(task.number))),
    h("div", { class: "actions" },
      h("button", { type: "button", disabled: !callable || !task.number, data: { key: `call ${task.id}` },
          "aria-label": T.due.call(who), on: { click: () => act.callBack(task.number) } },
        icon("answer"), T.customer.callBack),
      h("button", { type: "button", class: "plain", disabled: !usable, data: { key: `done ${task.id}` },
          "aria-label": T.due.settle(task.text), on: { click: () => settle(task) } },
        icon("ready"), T.due.done)));
}
