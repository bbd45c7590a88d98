// What is to be done after the call: a row each, with the day it is due.
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

const MOST = 20;

/** @param {() => void} edited */
export function createTasks(edited) {
  const list = h("ul", { class: "tasks" });
  const add = h("button", { type: "button", class: "plain", data: { key: "add-task" }, on: { click: () => {
    const row = drawRow({ text: "", due_on: "" }, remove, edited);
    list.append(row);
    row.querySelector("textarea")?.focus();
    add.hidden = list.childElementCount >= MOST;
  } } }, icon("plus"), T.summary.addTask);

  function remove(row) {
    row.remove();
    add.hidden = false;
    add.focus();
    edited();
  }

  return {
    element: h("div", { role: "group", "aria-label": T.summary.tasks }, h("p", { class: "label" }, T.summary.tasks), list, add),
    get value() {
      const rows = [...list.children].map((row) => [...row.querySelectorAll("textarea"), ...row.querySelectorAll("input")]
        .map((field) => field.value.trim().replace(/\s+/g, " ")));
      return rows.filter(([text]) => text).map(([text, due_on]) => ({ text, due_on }));
    },
    set value(/** @type {{text: string, due_on: string}[]} */ tasks) {
      if (list.contains(document.activeElement)) return; // what is being typed is newer
      fill(list, tasks.map((task) => drawRow(task, remove, edited)));
      add.hidden = tasks.length >= MOST;
    },
  };
}

function drawRow(task, remove, edited) {
  const words = h("textarea", { rows: "2", maxlength: "300", "aria-label": T.summary.task, on: { input: edited } });
  const due = h("input", { type: "date", "aria-label": T.summary.due, on: { input: edited } });
  [words.value, due.value] = [task.text, task.due_on];
  const row = h("li", {}, words, due, h("button", { type: "button", class: "plain", "aria-label": T.summary.removeTask,
    on: { click: () => remove(row) } }, icon("close")));
  return row;
}
