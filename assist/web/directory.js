// Whom to ask or to give the customer to: a combobox (ARIA 1.2) over colleagues with what they do now, queues, and any
// number the agent may dial.
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

const MOST = 6;

/**
 * @typedef {{kind: "agent"|"queue"|"number", to: string, name: string, state: string}} Target
 * @typedef {{colleagues: {user: string, name: string, state: string, queues: string[]}[], queues: string[], may_dial: string[]}} Directory
 */

/**
 * Targets that fit what was typed: colleagues who are free first.
 * @param {Directory} directory
 * @param {string} typed
 * @returns {Target[]}
 */
export function matching(directory, typed) {
  const wanted = typed.trim().toLowerCase();
  const fits = (...words) => words.some((word) => word.toLowerCase().split(/\s+/).concat(word.toLowerCase()).some((w) => w.startsWith(wanted)));
  /** @type {Target[]} */
  const found = [
    ...directory.colleagues.filter(({ user, name }) => fits(user, name))
      .sort((a, b) => Number(b.state === "AVAILABLE") - Number(a.state === "AVAILABLE"))
      .map(({ user, name, state }) => ({ kind: /** @type {const} */ ("agent"), to: user, name, state })),
    ...directory.queues.filter((queue) => fits(queue)).map((queue) => ({ kind: /** @type {const} */ ("queue"), to: queue, name: queue, state: "" })),
  ];
  const number = typed.replace(/[ ()/-]/g, "");
  if (/^\+?[0-9]{2,}$/.test(number)) found.unshift({ kind: "number", to: number, name: typed.trim(), state: "" });
  return found.slice(0, MOST);
}

/**
 * @param {() => Promise<Directory|null>} load asked each time the list opens: states change
 * @param {() => void} submit Enter on a choice that stands
 */
export function createDirectory(load, submit) {
  const list = h("ul", { id: "pass-list", class: "options", role: "listbox", "aria-label": T.passing.who, hidden: true });
  const whom = h("input", { id: "pass-to", role: "combobox", maxlength: "64", autocomplete: "off", spellcheck: "false",
    placeholder: T.passing.who, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "pass-list" });
  /** @type {Directory} */
  let directory = { colleagues: [], queues: [], may_dial: [] };
  /** @type {Target[]} */
  let options = [];
  /** @type {Target|null} */
  let chosen = null;
  let active = -1;

  function show(open) {
    options = open ? matching(directory, whom.value) : [];
    active = Math.min(active, options.length - 1);
    list.hidden = !options.length;
    whom.setAttribute("aria-expanded", String(!list.hidden));
    fill(list, options.map((option, index) => drawOption(option, index === active, index)));
    if (active >= 0) whom.setAttribute("aria-activedescendant", `pass-option-${active}`);
    else whom.removeAttribute("aria-activedescendant");
  }

  function choose(option) {
    chosen = option;
    whom.value = option.name;
    active = -1;
    show(false);
  }

  async function refresh() {
    directory = (await load()) ?? directory;
    if (document.activeElement === whom && !chosen) show(true);
  }

  whom.addEventListener("focus", refresh);
  whom.addEventListener("blur", () => show(false));
  whom.addEventListener("input", () => {
    chosen = null;
    active = -1;
    show(true);
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the input keeps the focus
    const row = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    if (row instanceof HTMLElement) choose(options[Number(row.dataset.index)]);
  });
  whom.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      active = (Math.max(active, step > 0 ? -1 : 0) + step + options.length) % Math.max(1, options.length);
      show(true);
    } else if (event.key === "Enter" && active >= 0) choose(options[active]);
    else if (event.key === "Enter" && whom.value.trim()) submit();
    else return;
    event.preventDefault();
  });

  return {
    elements: [h("label", { for: "pass-to", class: "hidden" }, T.passing.who), whom, list],
    focus: () => whom.focus(),
    clear() {
      [chosen, active, whom.value] = [null, -1, ""];
      show(false);
    },
    /** Who is meant: the choice, the one that fits, or what was typed as it stands. @returns {Target|null} */
    target() {
      const typed = whom.value.trim();
      if (chosen || !typed) return chosen;
      const found = matching(directory, typed);
      const exact = found.find(({ to, name }) => [to, name].some((word) => word.toLowerCase() === typed.toLowerCase()));
      return exact ?? found[0] ?? { kind: "agent", to: typed, name: typed, state: "" };
    },
  };
}

function drawOption({ kind, name, state }, selected, index) {
  const free = state === "AVAILABLE";
  return h("li", { id: `pass-option-${index}`, role: "option", "aria-selected": String(selected), data: { index, free } },
    icon(kind === "agent" ? (free ? "ready" : "person") : kind === "queue" ? "queue" : "answer"),
    h("span", { class: "title" }, name),
    h("span", { class: "quiet" }, kind === "agent" ? (T.states[state] ?? state) : T.passing.kind[kind]));
}
