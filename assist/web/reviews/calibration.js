// Do two reviewers judge alike? Agreement and kappa, question by question, and the answers to talk about.
import { fill, h } from "../dom.js";
import { R } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {{session: any, days: number}} given
 */
export function createCalibration(root, { session, days }) {
  const [form, first, second] = ["form", "first", "second"].map((id) => h("select", { id: `calibrate-${id}`, on: { change: compare } }));
  const found = h("div", { "aria-live": "polite" });
  let shown = 0;
  /** @type {any[]} */
  let forms = [];

  const labelled = (select, label) => [h("label", { for: select.id }, label), select];

  async function compare() {
    const turn = (shown += 1);
    const query = new URLSearchParams({ form: form.value, first: first.value, second: second.value, days: String(days) });
    const answer = await session.get(`/api/quality/calibration?${query}`);
    if (turn === shown) fill(found, answer ? draw(answer, forms.find((each) => each.id === form.value)) : h("p", { class: "empty" }, R.away));
  }

  return {
    async show(known) {
      const reviewers = [...new Set(known.reviews.map((review) => review.reviewer))].sort();
      forms = known.forms;
      fill(form, forms.map((each) => h("option", { value: each.id }, each.title)));
      fill(first, reviewers.map((name) => h("option", { value: name }, name)));
      fill(second, reviewers.map((name, at) => h("option", { value: name, selected: at === 1 }, name)));
      const enough = reviewers.length > 1 && forms.length > 0;
      fill(root, h("p", { class: "quiet" }, R.calibration.intro), enough
        ? [h("p", { class: "chooser" }, labelled(form, R.calibration.form), labelled(first, R.calibration.first), labelled(second, R.calibration.second),
          h("span", { class: "quiet" }, R.days)), found]
        : h("p", { class: "empty" }, R.calibration.need));
      fill(found);
      if (enough) await compare();
    },
  };
}

function draw(answer, form) {
  if (!answer.contacts) return h("p", { class: "empty" }, R.calibration.none);
  const texts = new Map(form?.questions.map((question) => [question.id, question.text]));
  return [drawFacts(answer), h("div", { class: "two" }, drawQuestions(answer, texts), drawApart(answer, texts))];
}

function drawFacts(answer) {
  const facts = [
    [R.calibration.contacts, String(answer.contacts)],
    [R.calibration.agreement, `${answer.agreement} %`],
    [R.calibration.kappa, said(answer.kappa)],
    [R.calibration.difference, answer.difference === null ? "–" : R.calibration.points(answer.difference)],
  ];
  return [h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    h("p", { class: "quiet" }, R.calibration.kappaHint)];
}

function drawQuestions(answer, texts) {
  const questions = [...answer.questions].sort((a, b) => (a.kappa ?? 1) - (b.kappa ?? 1) || a.agreement - b.agreement);
  return h("section", { "aria-label": R.calibration.byQuestion }, h("h2", {}, R.calibration.byQuestion),
    h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": R.calibration.byQuestion }, h("table", {}, h("caption", { class: "hidden" }, R.calibration.byQuestion),
      h("thead", {}, h("tr", {}, [R.calibration.question, R.calibration.agreement, R.calibration.kappa].map((label) => h("th", { scope: "col" }, label)))),
      h("tbody", {}, questions.map((each) => h("tr", {}, h("th", { scope: "row" }, texts.get(each.question) ?? each.question),
        h("td", { class: "number" }, `${each.agreement} %`), h("td", { class: "number" }, said(each.kappa))))))));
}

function drawApart(answer, texts) {
  const value = (each) => (each === null ? R.form.notApplicable : String(each));
  return h("section", { class: "plan", "aria-label": R.calibration.apart }, h("h2", {}, R.calibration.apart), answer.apart.length
    ? h("ul", {}, answer.apart.map((each) => h("li", {}, h("a", { href: `#contact/${encodeURIComponent(each.contact_id)}` }, texts.get(each.question) ?? each.question),
      h("p", {}, `${answer.first}: ${value(each.first)} · ${answer.second}: ${value(each.second)} `, h("span", { class: "quiet" }, each.contact_id)))))
    : h("p", {}, R.calibration.same));
}

function said(kappa) {
  return kappa === null ? R.calibration.undefined : `${kappa.toFixed(2)} (${R.calibration.words(kappa)})`;
}
