// What the rules and measures found, principle by principle, each with the words that show it.
import { fill, h } from "../dom.js";
import { clock } from "../format.js";
import { R } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {{show: (utterance: string) => void}} act
 */
export function createScorecard(root, act) {
  const body = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": R.scorecard.title });
  root.append(h("header", {}, h("h2", {}, R.scorecard.title)), body);
  return {
    /** Scorecards, one an agent's part, and what each comes to; null: nothing is open. */
    update(cards, overall = []) {
      if (!cards) return fill(body);
      fill(body, cards.length ? cards.map((card, at) => drawCard(card, overall[at], act)) : h("p", { class: "empty" }, R.scorecard.none));
    },
  };
}

function drawCard(card, overall, act) {
  return h("article", {}, h("h3", {}, R.scorecard.of(card.agent)),
    h("p", { class: "quiet" }, `${R.scorecard.overall(R.score(overall))} · ${R.scorecard.rules(card.version)}`),
    card.scores.map((score) => drawScore(score, act)));
}

function drawScore(score, act) {
  const moments = score.marks.flatMap((mark) => mark.moments).sort((a, b) => a.at_s - b.at_s);
  const name = h("span", { class: "principle" }, R.principles[score.principle]);
  if (score.value === null) return h("div", { class: "score" }, h("p", { class: "head" }, name, h("span", { class: "value" }, R.scorecard.notJudged)));
  const head = [name, bar(score.value), h("b", { class: "value" }, R.score(score.value))];
  if (!moments.length) return h("div", { class: "score" }, h("p", { class: "head" }, head));
  return h("details", { class: "score" }, h("summary", { class: "head" }, head, h("span", { class: "hidden" }, R.scorecard.evidence(moments.length))),
    h("ul", {}, moments.map((moment) => h("li", {},
      h("p", {}, h("b", {}, R.scorecard.off(Math.round(moment.off))), ` ${moment.text}`),
      moment.utterance_id
        ? h("button", { type: "button", class: "quote", on: { click: () => act.show(moment.utterance_id) } }, h("q", {}, moment.quote), h("span", {}, ` ${clock(moment.at_s)}`))
        : h("p", { class: "quiet" }, clock(moment.at_s))))));
}

/** A bar of 0..100, for the eye alone: the number stands beside it. */
export function bar(value) {
  const level = value === null ? "none" : value < 50 ? "low" : value < 75 ? "middle" : "high";
  return h("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true", data: { level } },
    h("rect", { class: "ground", width: "100", height: "8" }), value === null ? null : h("rect", { class: "filled", width: String(value), height: "8" }));
}
