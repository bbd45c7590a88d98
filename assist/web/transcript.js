// The middle column: what was said, calm. A line stays where it first appeared; only its words change.
import { changed, fill, h, keyed, text } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

const UNSURE = 0.6;
const REDACTED = /(▪+)/;
const NEAR_END_PX = 24;

/** @param {HTMLElement} root */
export function createTranscript(root) {
  const log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": T.transcript.title, tabindex: "0" });
  const live = h("button", { class: "live", type: "button", hidden: true, "aria-keyshortcuts": "L" },
    icon("down"), T.transcript.live, h("kbd", {}, "L"));
  const line = h("div", { class: "feeling" });
  root.append(h("header", {}, h("h2", {}, T.transcript.title), line), h("div", { class: "scroll" }, log, live));

  let following = true;
  const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  const toEnd = () => {
    following = true;
    live.hidden = true;
    log.scrollTop = log.scrollHeight;
  };
  log.addEventListener("scroll", () => {
    following = nearEnd();
    live.hidden = following;
  });
  live.addEventListener("click", toEnd);
  new ResizeObserver(() => following && toEnd()).observe(log);

  return {
    toEnd,
    /** Scroll to an utterance and point at it; whether it is there. */
    show(utteranceId) {
      const target = log.querySelector(`[data-utterance="${CSS.escape(utteranceId)}"]`);
      if (!(target instanceof HTMLElement)) return false;
      following = false;
      target.scrollIntoView({ block: "center" });
      live.hidden = nearEnd();
      log.querySelector(".pointed")?.classList.remove("pointed");
      target.classList.add("pointed");
      target.focus({ preventScroll: true });
      return true;
    },
    /** `speaker`: what the agent is called, where that is not whoever looks at it. */
    update({ contact, speaker = T.transcript.you }) {
      if (!changed(root, contact?.id, contact?.transcript, contact?.gaps, contact?.cards, speaker)) return;
      if (log.dataset.contact !== (contact?.id ?? "")) {
        log.dataset.contact = contact?.id ?? "";
        following = true;
      }
      drawFeeling(line, contact);
      keyed(log, entries(contact, speaker), (entry) => entry.key, draw);
      if (following) toEnd();
    },
  };
}

const remembered = new WeakMap();

// Entries are remembered per utterance, so that a line whose words and neighbours did not change is the same object.
function entries(contact, agent) {
  if (!contact) return [{ key: "empty", empty: true }];
  const quotes = new Map(contact.cards.filter((entry) => entry.outcome !== "retracted")
    .flatMap((entry) => entry.card.evidence).filter((e) => e.utterance_id).map((e) => [e.utterance_id, e.quote]));
  const lines = [
    ...contact.transcript.map((line) => ({ key: line.id, at: line.start_s, line })),
    ...contact.gaps.map((gap) => ({ key: `gap ${gap.gap_id}`, at: gap.start_s, gap })),
  ].sort((a, b) => a.at - b.at);
  if (!lines.length) return [{ key: "empty", empty: true }];
  let speaker = "";
  return lines.map((entry) => {
    const source = entry.line ?? entry.gap;
    const first = entry.line ? entry.line.party !== speaker : false;
    if (entry.line) speaker = entry.line.party;
    const who = entry.line?.party === "agent" ? agent : contact.customer?.preferred_name || T.transcript.caller;
    const quote = entry.line ? (quotes.get(entry.line.id) ?? "") : "";
    const sign = `${first} ${quote} ${who}`;
    const known = remembered.get(source);
    if (known?.sign === sign) return known;
    const fresh = { ...entry, first, quote, who, sign };
    remembered.set(source, fresh);
    return fresh;
  });
}

function draw(entry) {
  if (entry.empty) return h("p", { class: "empty" }, T.transcript.empty);
  return entry.gap ? drawGap(entry.gap) : drawLine(entry);
}

function drawGap(gap) {
  const [from, to] = [clock(gap.start_s), clock(gap.end_s)];
  const words = gap.open
    ? T.transcript.gapRecovering(from)
    : gap.recovered ? T.transcript.gapRecovered(from, to) : T.transcript.gapLost(from, to);
  return h("p", { class: "gap", data: { open: gap.open } }, icon("warn"), `${words} · ${gap.reason}`);
}

function drawLine({ line, first, quote, who }) {
  return h("div", { class: `line ${line.party}${line.final ? "" : " partial"}${first ? " first" : ""}`,
      data: { utterance: line.id }, tabindex: "-1" },
    first ? h("span", { class: "speaker" }, who) : h("span", { class: "hidden" }, `${who}:`),
    h("p", {}, spoken(line, quote)),
    h("time", {}, clock(line.start_s)));
}

function spoken(line, quote) {
  const words = line.words.length && line.words.map((word) => word.text).join(" ") === line.text
    ? line.words
    : line.text.split(" ").map((word) => ({ text: word, confidence: 1 }));
  const [from, to] = span(words.map((word) => word.text), quote);
  const parts = words.map((word, index) => [index ? " " : "", oneWord(word)]);
  if (from < 0) return parts;
  const lead = parts[from].shift();
  return [...parts.slice(0, from), lead, h("mark", {}, parts.slice(from, to)), ...parts.slice(to)];
}

function oneWord(word) {
  if (REDACTED.test(word.text)) return h("span", { class: "withheld", role: "img", "aria-label": T.transcript.withheld }, word.text);
  return word.confidence < UNSURE ? h("span", { class: "unsure" }, word.text) : word.text;
}

// Where the quote's words stand among the line's; [-1, -1] where they do not.
function span(words, quote) {
  const wanted = quote.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [-1, -1];
  const from = words.findIndex((_, at) => wanted.every((word, i) => words[at + i]?.toLowerCase() === word));
  return from < 0 ? [-1, -1] : [from, from + wanted.length];
}

// A thin line of the caller's sentiment over the call, newest at the right end; the words say the same.
function drawFeeling(line, contact) {
  const entry = contact?.cards.findLast((e) => e.card.points.length);
  const points = entry?.card.points ?? [];
  if (!changed(line, points)) return;
  line.hidden = !contact;
  const last = points.at(-1)?.[1] ?? 0;
  const delta = points.length > 1 ? last - points.at(-2)[1] : last;
  const direction = delta < -0.05 ? "falling" : delta > 0.05 ? "rising" : "flat";
  line.dataset.direction = points.length ? direction : "none";
  const words = h("span", {});
  text(words, `${T.transcript.sentiment}: ${points.length ? T.transcript.direction[direction] : T.transcript.sentimentNone}`);
  fill(line, words, points.length ? sparkline(points) : null);
}

/** An SVG of (media second, -1..1) points with its zero line. */
export function sparkline(points) {
  const [from, to] = [points[0][0], points.at(-1)[0]];
  const x = (second) => (to > from ? ((second - from) / (to - from)) * 100 : 0);
  const y = (score) => 12 - score * 10;
  const dots = points.length > 1 ? points : [[from, points[0][1]], [from + 1, points[0][1]]];
  const path = dots.map(([second, score], index) =>
    `${index ? "L" : "M"}${(points.length > 1 ? x(second) : index * 100).toFixed(1)} ${y(score).toFixed(1)}`).join("");
  return h("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("path", { class: "zero", d: "M0 12H100" }), h("path", { class: "curve", d: path }));
}
