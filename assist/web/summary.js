// After the call: the wrap-up, already written.
import { changed, fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { T } from "./strings.js";

/** @param {HTMLElement} root */
export function createSummary(root) {
  return {
    update({ contact }) {
      const ended = contact?.phase === "ended";
      if (!changed(root, ended, contact?.summary)) return;
      root.hidden = !ended;
      if (!ended) return fill(root);
      fill(root, h("header", {}, h("h2", {}, T.summary.title),
        h("span", { class: "count" }, contact.summary ? T.summary.draft : "")),
        contact.summary ? drawn(contact.summary) : h("p", { class: "empty" }, T.summary.writing));
    },
  };
}

function drawn(summary) {
  return h("div", { class: "draft" },
    h("h3", {}, summary.headline),
    summary.lines.length ? h("ul", { class: "lines" }, summary.lines.map((line) => h("li", {}, line))) : null,
    h("dl", {},
      summary.disposition ? [h("dt", {}, T.summary.disposition), h("dd", {}, summary.disposition)] : null,
      summary.promises.map((promise) => [h("dt", {}, T.summary.promises), h("dd", {}, icon("clock"), promise)]),
      h("dt", {}, T.summary.sentiment),
      h("dd", {}, T.summary.from(feeling(summary.sentiment_start), feeling(summary.sentiment_end))),
      summary.talk_ratio ? [h("dt", {}, T.summary.talkRatio), h("dd", {}, `${Math.round(summary.talk_ratio * 100)} %`)] : null,
      summary.facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

function feeling(score) {
  return T.summary.feeling[score < -0.15 ? "bad" : score > 0.15 ? "good" : "even"];
}
