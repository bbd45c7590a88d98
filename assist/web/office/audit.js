// Who did what to whose data: searched, read on backwards, taken out as CSV.
import { fill, h, text } from "../dom.js";
import { icon } from "../icons.js";
import { O } from "./strings.js";

const PAGE = 100;
const DAY_S = 86_400;

/**
 * @param {HTMLElement} root
 * @param {{session: any, tell: (words: string, bad?: boolean) => void}} act
 */
export function createAudit(root, act) {
  const count = h("span", { class: "count" });
  const inputs = {
    user: h("input", { id: "audit-user", maxlength: "64", autocapitalize: "none", spellcheck: "false" }),
    action: h("input", { id: "audit-action", maxlength: "64", autocapitalize: "none", spellcheck: "false" }),
    subject: h("input", { id: "audit-subject", maxlength: "128", spellcheck: "false" }),
    since: h("input", { id: "audit-since", type: "date" }),
    until: h("input", { id: "audit-until", type: "date" }),
  };
  const labelled = Object.entries(inputs).map(([name, input]) => h("p", {}, h("label", { for: input.id }, O.audit[name]), input));
  const rows = h("tbody", {});
  const nothing = h("p", { class: "empty", hidden: true }, O.audit.none);
  const older = h("button", { type: "button", on: { click: () => read(true) } }, icon("history"), O.audit.older);
  const columns = ["at", "user", "role", "action", "subject", "detail", "address"];
  root.append(h("header", {}, h("h2", { id: "audit-title" }, O.audit.title), count),
    h("form", { class: "bar-form", "aria-label": O.audit.search, on: { submit: search } }, labelled,
      h("button", { class: "primary", type: "submit" }, O.audit.search),
      h("button", { type: "button", on: { click: takeOut } }, O.audit.export)),
    h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": O.audit.title },
      h("table", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, O.audit[name])))), rows)),
    nothing, older);
  /** @type {{position: number, entry: any}[]} */
  let entries = [];

  function search(event) {
    event.preventDefault();
    read();
  }

  function query(more = {}) {
    const wanted = new URLSearchParams(more);
    for (const name of ["user", "action", "subject"]) if (inputs[name].value.trim()) wanted.set(name, inputs[name].value.trim());
    if (inputs.since.value) wanted.set("since", String(Date.parse(inputs.since.value) / 1000));
    if (inputs.until.value) wanted.set("until", String(Date.parse(inputs.until.value) / 1000 + DAY_S));
    return wanted;
  }

  async function read(on = false) {
    const last = entries.at(-1);
    const more = on && last ? { before: String(last.position) } : {};
    const found = await act.session.get(`/api/audit?${query({ ...more, limit: String(PAGE) })}`);
    if (!found) return act.tell(O.away, true);
    entries = on ? [...entries, ...found] : found;
    older.hidden = found.length < PAGE;
    nothing.hidden = entries.length > 0;
    text(count, O.audit.count(entries.length));
    if (!on) fill(rows);
    rows.append(...found.map(({ entry }) => h("tr", {}, h("td", {}, moment(entry.at)),
      columns.slice(1).map((name) => h("td", {}, entry[name])))));
  }

  async function takeOut() {
    const file = await act.session.file(`/api/audit/export?${query()}`);
    if (!file) return act.tell(O.away, true);
    h("a", { href: file, download: "audit.csv" }).click();
    URL.revokeObjectURL(file);
  }

  return { show: () => read() };
}

/** Unix seconds -> "2026-11-22 14:03:22", UTC, which is what auditors compare. */
function moment(at) {
  return new Date(at * 1000).toISOString().slice(0, 19).replace("T", " ");
}
