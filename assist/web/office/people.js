// Who may log in: added, shut out and let in again, roles, new passwords, removed. What is irreversible is asked twice.
import { fill, h, keepingFocus, text } from "../dom.js";
import { icon } from "../icons.js";
import { O } from "./strings.js";

/**
 * @typedef {{user: string, name: string, role: string, one_time: boolean, disabled: boolean, settings: boolean}} Person
 */

/**
 * @param {HTMLElement} root
 * @param {{session: any, me: () => string, tell: (words: string, bad?: boolean) => void, once: (user: string, password: string) => void}} act
 */
export function createPeople(root, act) {
  const count = h("span", { class: "count" });
  const rows = h("tbody", {});
  const [user, name, role] = [field("new-user", O.people.user, "32"), field("new-name", O.people.name, "64"), roles("new-role", "agent")];
  user.input.setAttribute("pattern", "[a-z0-9._\\-]{1,32}");
  user.input.setAttribute("aria-description", O.people.userHint);
  const form = h("form", { class: "bar-form", "aria-label": O.people.add, on: { submit: add } }, user.element, name.element,
    h("p", {}, h("label", { for: "new-role" }, O.people.role), role),
    h("button", { class: "primary", type: "submit" }, icon("plus"), O.people.adding));
  const columns = [O.people.user, O.people.name, O.people.role, O.people.state, O.people.actions];
  root.append(h("header", {}, h("h2", { id: "people-title" }, O.people.title), count), form,
    h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": O.people.title },
      h("table", {}, h("thead", {}, h("tr", {}, columns.map((words) => h("th", { scope: "col" }, words)))), rows)));
  /** @type {Person[]} */
  let people = [];
  let doubted = ""; // whom she is about to remove

  async function read() {
    const found = await act.session.get("/api/users");
    if (!found) return act.tell(O.away, true);
    people = found;
    draw();
  }

  /** Ask for it, say what came of it, and read everything again. */
  async function change(path, body, done, method = "POST") {
    const reply = await act.session.post(path, body, method);
    if (reply.ok) act.tell(done);
    else act.tell(reply.reason || O.away, true);
    await read();
    return reply;
  }

  async function add(event) {
    event.preventDefault();
    const wanted = { user: user.input.value.trim(), name: name.input.value.trim(), role: role.value };
    const reply = await change("/api/users", wanted, "");
    if (!reply.ok) return;
    [user.input.value, name.input.value] = ["", ""];
    act.once(reply.value.user, reply.value.password);
  }

  async function reset(person) {
    const reply = await change(`/api/users/${person.user}/password`, {}, "");
    if (reply.ok) act.once(reply.value.user, reply.value.password);
  }

  function shut({ user: who, disabled }) {
    const words = disabled ? O.people.done.letIn(who) : O.people.done.shut(who);
    change(`/api/users/${who}/disabled`, { disabled: !disabled }, words);
  }

  async function remove({ user: who }) {
    doubted = "";
    await change(`/api/users/${who}`, undefined, O.people.done.remove(who), "DELETE");
  }

  function doubt(who) {
    doubted = who;
    draw();
    /** @type {HTMLElement|null} */ (rows.querySelector(`[data-key="${who ? "keep" : "remove"} ${CSS.escape(who)}"]`))?.focus();
  }

  function draw() {
    text(count, O.people.count(people.length));
    keepingFocus(rows, () => fill(rows, people.map(row)));
  }

  function row(person) {
    const { user: who, disabled, settings, one_time: once } = person;
    const mine = who === act.me();
    const state = disabled ? O.people.out : once ? O.people.oneTime : O.people.in;
    const chosen = settings || mine
      ? h("span", {}, O.role[person.role], settings ? h("span", { class: "quiet" }, ` ${O.people.settings}`) : null)
      : roles(`role-${who}`, person.role, O.people.roleOf(who), (value) =>
          change(`/api/users/${who}/role`, { role: value }, O.people.done.role(who, O.role[value].toLowerCase())));
    return h("tr", {}, h("th", { scope: "row" }, who), h("td", {}, person.name), h("td", {}, chosen),
      h("td", {}, h("span", { class: "mark", data: { state: disabled ? "out" : once ? "once" : "in" } }, icon(disabled ? "off" : once ? "warn" : "ready"), state)),
      h("td", {}, mine ? null : doubted === who ? doubts(person) : actions(person)));
  }

  function actions(person) {
    const { user: who, disabled, settings } = person;
    return h("span", { class: "actions" },
      button(`shut ${who}`, disabled ? "ready" : "off", disabled ? O.people.letIn : O.people.shut, who, () => shut(person)),
      settings ? null : button(`reset ${who}`, "pen", O.people.reset, who, () => reset(person)),
      settings ? null : button(`remove ${who}`, "close", O.people.remove, who, () => doubt(who)));
  }

  function doubts(person) {
    return h("span", { class: "actions" }, button(`keep ${person.user}`, "undo", O.people.not, person.user, () => doubt("")),
      button(`sure ${person.user}`, "close", O.people.sure, person.user, () => remove(person), "danger"));
  }

  return { show: read };
}

function button(key, shape, words, who, action, style = "") {
  return h("button", { type: "button", class: style || null, data: { key }, "aria-label": O.people.of(words, who), on: { click: action } },
    icon(shape), words);
}

function field(id, words, maxlength) {
  const input = h("input", { id, maxlength, required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  return { input, element: h("p", {}, h("label", { for: id }, words), input) };
}

function roles(id, chosen, label = "", changed = (value) => {}) {
  return h("select", { id, "aria-label": label || null, data: { key: id }, on: { change: (event) => changed(event.target.value) } },
    Object.entries(O.role).map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
}
