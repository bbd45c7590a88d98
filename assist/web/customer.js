// Top left: who it is and how things stand, always in the same place.
import { changed, fill, h, keepingFocus } from "./dom.js";
import { day, phone } from "./format.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

const MOST_ISSUES = 2;

/**
 * @param {HTMLElement} root
 * @param {{callBack?: (number: string) => void, choose?: (customerId: number) => void}} act what a supervisor who
 *   reads along may not do is left out
 */
export function createCustomer(root, act) {
  return {
    update({ contact, previous, agent, usable }) {
      const callable = usable && agent.state === "AVAILABLE";
      const drawn = [contact?.id, contact?.customer, contact?.lookup, contact?.choices, contact?.context, usable, previous?.id, previous?.wrap_up, callable];
      if (!changed(root, ...drawn)) return;
      keepingFocus(root, () => fill(root, h("h2", { class: "hidden" }, T.customer.title), contact ? present(contact, usable, act) : absent(previous, callable, act), before(contact)));
    },
  };
}

/** What to call whoever is on the line. */
export function nameOf(contact) {
  return contact.customer?.preferred_name || contact.customer?.name || phone(contact.caller) || T.transcript.caller;
}

function present(contact, usable, act) {
  const { customer } = contact;
  if (!customer) return contact.choices.length ? several(contact, usable, act) : stranger(contact);
  const formal = customer.preferred_name && customer.preferred_name !== customer.name ? customer.name : null;
  return [
    h("p", { class: "name" }, nameOf(contact)),
    h("p", { class: "quiet" }, [formal, phone(contact.caller)].filter(Boolean).join(" · ")),
    h("p", { class: "quiet" }, [customer.since && T.customer.since(customer.since), customer.value].filter(Boolean).join(" · ")),
    customer.style ? h("p", { class: "style" }, icon(customer.style === "quick" ? "clock" : "talk"), T.customer.style[customer.style]) : null,
    customer.open_issues.length
      ? [h("p", { class: "issues" }, icon("warn"), T.customer.issues(customer.open_issues.length)),
         issues(customer.open_issues)]
      : h("p", { class: "quiet" }, T.customer.noIssues),
    customer.last_contact
      ? h("p", { class: customer.last_contact_bad ? "last bad" : "last" }, icon(customer.last_contact_bad ? "sentiment" : "history"),
          customer.last_contact_at && !customer.last_contact.includes(day(customer.last_contact_at))
            ? `${day(customer.last_contact_at)}: ${customer.last_contact}` : customer.last_contact)
      : null,
  ];
}

// How the last contact ended stands under them, and is to be in sight without scrolling.
function issues(all) {
  const list = (some) => h("ul", {}, some.map((issue) => h("li", {}, issue)));
  const rest = all.slice(MOST_ISSUES);
  return rest.length ? [list(all.slice(0, MOST_ISSUES)),
    h("details", {}, h("summary", { data: { key: "issues" } }, T.cards.more(rest.length)), list(rest))] : list(all);
}

/** What the caller did before an agent answered. */
function before(contact) {
  return contact?.context?.length ? h("p", { class: "quiet context" }, contact.context.join(" · ")) : null;
}

function stranger(contact) {
  return [
    h("p", { class: "name" }, phone(contact.caller) || T.transcript.caller),
    h("p", { class: "quiet" }, contact.lookup === "pending" ? T.customer.pending : T.customer.unknown),
    contact.lookup === "unknown" ? h("p", { class: "quiet" }, T.customer.unknownHint) : null,
  ];
}

/** Several customers share the number: the agent asks who it is, and says so with one click. */
function several(contact, usable, act) {
  return [
    h("p", { class: "name" }, phone(contact.caller) || T.transcript.caller),
    h("p", { class: "quiet", id: "who-is-it" }, T.customer.several),
    h("ul", { class: "choices", "aria-labelledby": "who-is-it" }, contact.choices.map((one) => h("li", {},
      h("button", { type: "button", disabled: !usable || contact.phase === "ended", data: { key: `choose ${one.customer_id}` },
          on: { click: () => act.choose(one.customer_id) } },
        h("b", {}, one.name), one.about ? h("span", { class: "quiet" }, one.about) : null)))),
  ];
}

function absent(previous, callable, act) {
  return [
    h("p", { class: "name idle" }, T.customer.nobody),
    previous ? h("p", { class: "quiet" }, `${T.customer.previous}: ${nameOf(previous)}`) : null,
    previous?.summary ? h("p", { class: "quiet" }, previous.summary.headline) : null,
    ...(previous?.wrap_up?.tasks ?? previous?.summary?.tasks ?? []).map((task) =>
      h("p", { class: "todo" }, icon("clock"), [task.text, task.due_on].filter(Boolean).join(" · "))),
    previous?.caller ? h("button", { type: "button", class: "back", disabled: !callable, data: { key: "call-back" },
        on: { click: () => act.callBack(previous.caller) } },
      icon("answer"), T.customer.callBack, h("span", { class: "quiet" }, phone(previous.caller))) : null,
  ];
}
