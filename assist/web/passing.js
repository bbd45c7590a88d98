// Under the call's buttons: hold, and a colleague or another number asked, brought in, or given the customer.
import { changed, fill, h } from "./dom.js";
import { T } from "./strings.js";

const KINDS = ["agent", "queue", "number"];

/**
 * @param {HTMLElement} root
 * @param {(command: string, what: string, data?: object) => Promise<unknown>} ask
 */
export function createPassing(root, ask) {
  const kind = h("select", { id: "pass-kind" }, KINDS.map((name) => h("option", { value: name }, T.passing.kind[name])));
  const whom = h("input", { id: "pass-to", maxlength: "64", autocomplete: "off", spellcheck: "false" });
  const buttons = h("div", { class: "buttons" });
  const form = h("form", { class: "pass", on: { submit: (event) => event.preventDefault() } },
    h("label", { for: "pass-kind", class: "hidden" }, T.passing.to), kind,
    h("label", { for: "pass-to", class: "hidden" }, T.passing.who), whom);
  root.append(h("h2", { class: "hidden" }, T.passing.title), form, buttons);

  const target = () => ({ kind: kind.value, to: whom.value.trim() });
  const send = (command, what, data) => button(command, what, () => ask(command, what, data?.() ?? {}));
  const reach = (command, what) => button(command, what, () => (whom.value.trim() ? ask(command, what, target()) : whom.focus()));

  return {
    update({ contact, usable, calling }) {
      const talking = contact?.phase === "talking";
      root.hidden = !talking;
      form.hidden = !talking || Boolean(contact.consult);
      if (!changed(buttons, talking, contact?.held, contact?.consult, contact?.consult_state, usable, calling)) return;
      if (!talking) return fill(buttons);
      const focused = buttons.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      fill(buttons, contact.consult ? withThird(contact, send) : alone(contact, send, reach));
      for (const each of buttons.children) each.disabled = !usable || calling;
      if (focused) buttons.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
    },
  };
}

function alone(contact, send, reach) {
  const hold = send("hold", contact.held ? T.passing.resume : T.passing.hold, () => ({ on: !contact.held }));
  hold.setAttribute("aria-pressed", String(contact.held));
  return [hold, reach("consult", T.passing.consult), reach("transfer", T.passing.transfer)];
}

function withThird(contact, send) {
  const talking = contact.consult_state === "talking";
  return [
    send("complete_transfer", T.passing.complete(contact.consult)),
    talking ? send("swap", T.passing.swap) : null,
    talking ? send("conference", T.passing.conference) : null,
    send("cancel_consult", T.passing.cancel(contact.consult)),
  ].filter(Boolean);
}

function button(key, words, action) {
  return h("button", { class: "call", type: "button", data: { key }, on: { click: action } }, h("span", {}, words));
}
