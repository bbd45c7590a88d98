// Under the call's buttons: a colleague or another number asked, brought in, or given the customer.
import { changed, fill, h, keepingFocus } from "./dom.js";
import { createDirectory } from "./directory.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {(command: string, what: string, data?: object) => Promise<{ok: boolean}>} ask
 * @param {() => Promise<any>} load the directory
 */
export function createPassing(root, ask, load) {
  const directory = createDirectory(load, () => reach("consult", T.passing.consult));
  const buttons = h("div", { class: "buttons" });
  const form = h("form", { class: "pass", on: { submit: (event) => event.preventDefault() } }, directory.elements);
  root.append(h("h2", { class: "hidden" }, T.passing.title), form, buttons);
  let open = false;
  let last = null;

  async function reach(command, what) {
    const target = directory.target();
    if (!target) return directory.focus();
    const { kind, to } = target;
    if ((await ask(command, what, { kind, to })).ok) {
      directory.clear();
      open = false;
    }
  }

  function update(view) {
    last = view;
    const { contact, usable, calling } = view;
    const talking = contact?.phase === "talking";
    if (!talking) open = false;
    const third = talking && Boolean(contact.consult);
    root.hidden = !third && !open;
    form.hidden = third;
    if (!changed(buttons, talking, open, contact?.consult, contact?.consult_state, usable, calling)) return;
    keepingFocus(buttons, () => {
      fill(buttons, third ? withThird(contact, ask) : open ? alone(reach) : []);
      for (const each of buttons.querySelectorAll("button")) each.disabled = !usable || calling;
    });
  }

  return {
    update,
    get open() {
      return open;
    },
    toggle() {
      open = !open;
      if (last) update(last);
      if (open) directory.focus();
    },
  };
}

function alone(reach) {
  return [
    button("consult", "talk", T.passing.consult, () => reach("consult", T.passing.consult)),
    button("transfer", "forward", T.passing.transfer, () => reach("transfer", T.passing.transfer)),
  ];
}

function withThird(contact, ask) {
  const talking = contact.consult_state === "talking";
  const send = (command, shape, words) => button(command, shape, words, () => ask(command, words));
  return [
    h("p", { class: "third quiet" }, T.passing.third[contact.consult_state]?.(contact.consult)),
    send("complete_transfer", "forward", T.passing.complete(contact.consult)),
    talking ? send("swap", "swap", T.passing.swap) : null,
    talking ? send("conference", "people", T.passing.conference) : null,
    send("cancel_consult", "close", T.passing.cancel(contact.consult)),
  ];
}

function button(key, shape, words, action) {
  return h("button", { class: "call", type: "button", data: { key }, on: { click: action } }, icon(shape), h("span", {}, words));
}
