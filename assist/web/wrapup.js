// After the call: the wrap-up, already written, for the agent to edit and confirm. Everything typed is saved as it is
// typed; a draft that comes late changes only what she has not touched.
import { changed, fill, h, text } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { Saver } from "./saver.js";
import { T } from "./strings.js";
import { createTasks } from "./tasks.js";

const SOON_S = 10; // the countdown asks for attention

/**
 * @typedef {{text: string, disposition: string, resolved: boolean|null, tasks: {text: string, due_on: string}[], confirmed: boolean}} WrapUp
 */

/**
 * @param {HTMLElement} root
 * @param {() => string} by whose wrap-ups these are
 * @param {{wrapUp: (contactId: string, value: WrapUp) => Promise<{ok: boolean}>, ready: () => void, moreTime: () => void}} act
 */
export function createWrapUp(root, by, act) {
  const status = h("span", { class: "count", role: "status" });
  const writing = h("p", { class: "empty" }, icon("pen"), T.summary.writing);
  const headline = h("p", { class: "headline" });
  const area = h("textarea", { id: "wrap-text", rows: "4", maxlength: "4000", "aria-keyshortcuts": "W" });
  const disposition = h("select", { id: "wrap-disposition" });
  const resolved = resolvedChoice(edited);
  const tasks = createTasks(edited);
  const lines = h("ul", { class: "lines" });
  const facts = h("dl", {});
  const done = h("button", { class: "primary", type: "button", data: { key: "done" }, "aria-keyshortcuts": "Shift+W", on: { click: confirm } },
    icon("ready"), T.summary.done, h("kbd", {}, "⇧W"));
  const left = h("span", { class: "left-s" });
  const more = h("button", { type: "button", data: { key: "more" }, on: { click: act.moreTime } }, icon("clock"), T.summary.more);
  const form = h("div", { class: "draft" }, headline,
    h("label", { for: "wrap-text" }, T.summary.text, h("kbd", {}, "W")), area,
    h("div", { class: "outcome-row" }, h("label", { for: "wrap-disposition" }, T.summary.disposition), disposition, resolved.element),
    tasks.element, lines, facts);
  const actions = h("div", { class: "actions" }, done, more, left);
  root.append(h("header", {}, h("h2", {}, T.summary.title), status), writing, form, actions);
  const saver = new Saver("wrapup", by, act.wrapUp,
    (about, state, why) => about === contactId && text(status, T.saving[state](why)));
  let contactId = "";
  let touched = false;
  let choices = [];

  /** @param {boolean} confirmed @returns {WrapUp} */
  const value = (confirmed = false) =>
    ({ text: area.value, disposition: disposition.value, resolved: resolved.value, tasks: tasks.value, confirmed });

  function edited() {
    touched = true;
    saver.put(contactId, value());
  }

  async function confirm() {
    saver.put(contactId, value(true));
    if (await saver.flush(contactId)) act.ready();
  }

  function show({ text: words, disposition: chosen, resolved: settled, tasks: listed }) {
    if (document.activeElement !== area) area.value = words;
    const all = chosen && !choices.includes(chosen) ? [...choices, chosen] : choices;
    fill(disposition, all.map((each) => h("option", { value: each, selected: each === chosen }, T.summary.words(each))));
    resolved.value = settled;
    tasks.value = listed;
  }

  function enter(contact) {
    if (contactId) saver.flush(contactId);
    contactId = contact?.id ?? "";
    const draft = contact && saver.draft(contactId);
    touched = Boolean(draft);
    text(status, draft ? T.saving.kept() : "");
    choices = contact?.summary?.choices ?? [];
    if (draft) show(draft);
  }

  area.addEventListener("input", edited);
  disposition.addEventListener("change", edited);
  return {
    tick({ agent, contact }, now) {
      const seconds = agent.state === "WRAPUP" && contact?.phase === "ended" && agent.until ? Math.max(0, agent.until - now) : null;
      left.dataset.soon = String(seconds !== null && seconds < SOON_S);
      text(left, seconds === null ? "" : T.summary.readyIn(clock(seconds)));
    },
    retry: () => saver.retry(),
    focus: () => area.focus(),
    confirm: () => !root.hidden && !done.disabled && done.click(),
    update({ contact, usable, agent }) {
      const ended = contact?.phase === "ended" && contact.answered_at ? contact : null;
      root.hidden = !ended;
      if ((ended?.id ?? "") !== contactId) enter(ended);
      done.disabled = more.disabled = !usable;
      more.hidden = agent.state !== "WRAPUP";
      if (!ended || !changed(root, ended.summary, ended.wrap_up, usable)) return;
      const { summary, wrap_up: mine } = ended;
      writing.hidden = Boolean(summary);
      form.hidden = actions.hidden = !summary;
      if (!summary) return;
      choices = summary.choices;
      text(headline, summary.headline);
      headline.hidden = summary.text.startsWith(summary.headline); // said once is enough
      if (mine && !saver.draft(contactId)) show(mine);
      else if (!mine && !touched) show({ text: summary.text, disposition: summary.disposition, resolved: null, tasks: summary.tasks });
      if (mine?.confirmed) text(status, T.summary.confirmed);
      else if (!touched && !mine) text(status, T.summary.draft);
      fill(lines, summary.lines.map((line) => h("li", {}, line)));
      drawFacts(facts, summary);
    },
  };
}

function resolvedChoice(edited) {
  const option = (id, words) => {
    const input = h("input", { type: "radio", name: "resolved", id, value: id, on: { change: edited } });
    return { input, element: h("label", { for: id }, input, words) };
  };
  const [yes, no] = [option("resolved-yes", T.summary.yes), option("resolved-no", T.summary.no)];
  return {
    element: h("fieldset", {}, h("legend", {}, T.summary.resolved), yes.element, no.element),
    get value() {
      return yes.input.checked ? true : no.input.checked ? false : null;
    },
    set value(/** @type {boolean|null} */ settled) {
      yes.input.checked = settled === true;
      no.input.checked = settled === false;
    },
  };
}

function drawFacts(place, summary) {
  fill(place,
    h("dt", {}, T.summary.sentiment), h("dd", {}, T.summary.from(feeling(summary.sentiment_start), feeling(summary.sentiment_end))),
    summary.talk_ratio ? [h("dt", {}, T.summary.talkRatio), h("dd", {}, `${Math.round(summary.talk_ratio * 100)} %`)] : null,
    summary.facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function feeling(score) {
  return T.summary.feeling[score < -0.15 ? "bad" : score > 0.15 ? "good" : "even"];
}
