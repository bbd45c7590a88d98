// One question, a few answers: a native dialog, which keeps the focus and gives it back.
import { fill, h } from "../dom.js";
import { B } from "./strings.js";

/**
 * @param {HTMLDialogElement} dialog
 * @returns {(title: string, options: {value: string, label: string, hint?: string}[], hint?: string) => Promise<string|null>}
 * the value chosen, null where she would rather not
 */
export function createChoice(dialog) {
  return (title, options, hint = "") =>
    new Promise((resolve) => {
      fill(dialog, h("form", { method: "dialog" },
        h("h2", { id: "choice-title" }, title), hint ? h("p", { class: "quiet" }, hint) : null,
        h("div", { class: "options" }, options.map(({ value, label, hint: more }) =>
          h("button", { type: "submit", value }, h("b", {}, label), more ? h("span", { class: "quiet" }, more) : null))),
        h("button", { type: "submit", class: "plain", value: "\u0000" }, B.cancel)));
      dialog.returnValue = "\u0000";
      dialog.onclose = () => resolve(dialog.returnValue === "\u0000" ? null : dialog.returnValue);
      dialog.showModal();
    });
}
