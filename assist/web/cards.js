// The right column: one card large, the others one line each. A new card waits in the stack; see chooseFocus.
import { changed, fill, h, keepingFocus, keyed } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { comesUp, isOpen, stacked } from "./state.js";
import { T } from "./strings.js";
import { sparkline } from "./transcript.js";

const MOST_LINES = 5; // a card is glanced at: what does not fit waits behind one click

/**
 * @param {HTMLElement} root
 * @param {{accept: Function, dismiss: Function, tick: Function, focus: Function, evidence: Function}} act
 */
export function createCards(root, act) {
  const count = h("span", { class: "count" });
  const focus = h("div", { class: "focus" });
  const stack = h("ul", { class: "stack" });
  root.append(h("header", {}, h("h2", {}, T.cards.title), count), focus, stack);
  return {
    update({ contact, focusId, seen, pending, usable }) {
      if (!changed(root, contact?.cards, contact?.customer, contact?.phase, focusId, seen.size, pending, usable)) return;
      const busy = usable ? (id) => pending.has(id) : () => true;
      const cards = contact?.cards ?? [];
      const entry = cards.find((candidate) => candidate.card.id === focusId);
      const rest = stacked(cards).filter((candidate) => candidate !== entry);
      const waiting = rest.filter((other) => isOpen(other) && comesUp(other)).length;
      fill(count, waiting && contact.phase !== "ended" ? T.cards.waiting(waiting) : "");
      drawFocus(focus, entry, contact, busy, act);
      const rows = rest.map((other) => ({
        entry: other,
        fresh: contact.phase !== "ended" && other.outcome === "" && comesUp(other) && !seen.has(other.card.id),
      }));
      keyed(stack, rows.map(rowOf), (row) => row.entry.card.id, (row) => drawRow(row, act));
    },
  };
}

const rowsKnown = new WeakMap();

function rowOf(row) {
  const known = rowsKnown.get(row.entry);
  if (known?.fresh === row.fresh) return known;
  rowsKnown.set(row.entry, row);
  return row;
}

function drawFocus(focus, entry, contact, busy, act) {
  if (!entry) {
    changed(focus);
    if (contact?.phase === "ended") return fill(focus);
    const words = contact ? (contact.cards.some(comesUp) ? T.cards.allDone : T.cards.empty) : T.cards.idle;
    return fill(focus, h("p", { class: "empty" }, words));
  }
  // Another card's news leave the one being read alone: words that are selected, and what was unfolded.
  if (!changed(focus, entry, contact?.customer, busy(entry.card.id))) return;
  const unfolded = focus.querySelector(`[data-card="${CSS.escape(entry.card.id)}"] details`)?.open;
  keepingFocus(focus, () => fill(focus, drawCard(entry, contact, busy, act)));
  if (unfolded) focus.querySelector("details")?.setAttribute("open", "");
}

function drawCard(entry, contact, busy, act) {
  const { card } = entry;
  const state = isOpen(entry) ? entry.outcome || "open" : entry.outcome;
  return h("article", { class: `card ${card.kind}${card.critical ? " critical" : ""}`, data: { card: card.id, state } },
    h("div", { class: "told" },
      h("p", { class: "kind" }, icon(card.critical ? "critical" : card.kind),
        card.critical ? T.cards.critical : kindWords(card),
        entry.outcome ? h("span", { class: "outcome" }, outcomeWords(entry)) : null),
      h("h3", {}, card.title),
      whyLine(card),
      evidence(card, contact, act),
      lines(card),
      card.kind === "sentiment" && card.points.length > 1 ? sparkline(card.points) : null,
      card.steps.length ? steps(card, busy, act) : null),
    actions(entry, busy, act),
    foot(entry));
}

// A floor newer than the page may send a kind this page does not know: it is still a card.
function kindWords(card) {
  return T.cards.kind[card.kind] ?? T.cards.kindOther;
}

function outcomeWords(entry) {
  if (entry.outcome === "accepted" && isOpen(entry)) return T.cards.following;
  return entry.reason ? `${T.cards.retracted}: ${entry.reason}` : T.cards.outcome[entry.outcome];
}

function evidence(card, contact, act) {
  const spoken = card.evidence.find((e) => e.quote && e.utterance_id);
  if (!spoken) return null;
  const who = spoken.party === "agent" ? T.transcript.you : contact?.customer?.preferred_name || T.transcript.caller;
  return h("button", { class: "quote", type: "button", data: { key: "quote" },
      on: { click: () => act.evidence(spoken.utterance_id) } },
    h("q", {}, spoken.quote), " ", h("span", {}, T.cards.at(who, clock(spoken.at_s))));
}

function lines({ lines: all }) {
  const list = (some) => h("ul", { class: "lines" }, some.map((line) => h("li", {}, line)));
  if (all.length <= MOST_LINES) return all.length ? list(all) : null;
  const [first, rest] = [all.slice(0, MOST_LINES - 1), all.slice(MOST_LINES - 1)];
  return [list(first), h("details", {}, h("summary", { data: { key: "more" } }, T.cards.more(rest.length)), list(rest))];
}

function steps(card, busy, act) {
  const current = card.steps.find((step) => !step.done);
  return h("ol", { class: "steps" }, card.steps.map((step, index) =>
    h("li", { class: step === current ? "current" : null },
      h("label", {},
        h("input", { type: "checkbox", checked: step.done, disabled: busy(card.id), data: { key: `step ${step.id}` },
          on: { change: (event) => act.tick(card.id, step.id, event.target.checked) } }),
        h("span", { class: "step" }, step.text),
        index < 9 ? h("kbd", {}, index + 1) : null),
      step === current && step.say ? h("p", { class: "say" }, h("q", {}, step.say)) : null)));
}

function whyLine(card) {
  const stale = card.kind === "knowledge" && /^stale\b/i.test(card.why);
  return h("p", { class: stale ? "why stale" : "why" }, stale ? [icon("warn"), h("b", {}, `${T.cards.stale}. `)] : null, card.why);
}

function actions(entry, isBusy, act) {
  const { card, outcome } = entry;
  if (outcome === "dismissed" || outcome === "retracted" || !isOpen(entry)) return null;
  const busy = isBusy(card.id);
  const knowledge = card.kind === "knowledge"; // accepting and dismissing are votes for the article and against it
  return h("div", { class: "actions" },
    outcome === "" ? h("button", { class: "primary", type: "button", disabled: busy, data: { key: "accept" },
        "aria-keyshortcuts": "A", on: { click: () => act.accept(card.id) } },
      icon("ready"), acceptWords(card), h("kbd", {}, "A")) : null,
    knowledge && card.lines.length ? h("button", { type: "button", data: { key: "paste" }, "aria-keyshortcuts": "I",
        on: { click: () => act.paste(card.lines[0]) } },
      icon("pen"), T.cards.paste, h("kbd", {}, "I")) : null,
    h("button", { type: "button", disabled: busy, data: { key: "dismiss" }, "aria-keyshortcuts": "D",
        on: { click: () => act.dismiss(card.id) } },
      icon("close"), knowledge ? T.cards.wrong : T.cards.dismiss, h("kbd", {}, "D")));
}

function acceptWords(card) {
  if (card.kind === "knowledge") return T.cards.helped;
  return card.steps.length ? T.cards.accept : T.cards.done;
}

function foot({ card, latency_ms }) {
  const sources = [...new Set(card.evidence.filter((e) => !e.utterance_id).map((e) => e.source))];
  return [
    sources.length ? h("p", { class: "sources" }, sources.join(" · ")) : null,
    h("p", { class: "foot" },
      h("span", {}, T.cards.foot(latency_ms < 10 ? latency_ms.toFixed(1) : Math.round(latency_ms), card.trigger)),
      h("span", { class: "from", title: card.rule }, card.rule),
      h("span", {}, card.version)),
  ];
}

function drawRow({ entry, fresh }, act) {
  const { card } = entry;
  const open = isOpen(entry);
  return h("li", { class: `${open ? "open" : "settled"}${card.critical ? " critical" : ""}` },
    h("button", { type: "button", data: { card: card.id }, on: { click: () => act.focus(card.id) } },
      icon(card.critical ? "critical" : card.kind),
      h("span", { class: "hidden" }, kindWords(card)),
      h("span", { class: "title" }, card.title),
      fresh ? h("span", { class: "fresh" }, T.cards.fresh) : null,
      progress(entry)));
}

function progress(entry) {
  const { steps: all } = entry.card;
  if (entry.outcome && !isOpen(entry)) return h("span", { class: "outcome" }, T.cards.outcome[entry.outcome]);
  return all.length ? h("span", { class: "outcome" }, `${all.filter((step) => step.done).length}/${all.length}`) : null;
}
