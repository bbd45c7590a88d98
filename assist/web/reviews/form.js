// The form a reviewer fills in: questions by section, their weight, what must pass, comments. What is not saved yet
// survives a reload; others' reviews are folded away, since who reads them first judges like them.
import { fill, h, text } from "../dom.js";
import { icon } from "../icons.js";
import { R } from "./strings.js";

const DRAFT = "callfloor.review.";
const SKIP = "skip";

/**
 * @param {HTMLElement} root
 * @param {{save: (review: object) => Promise<{ok: boolean, value: any, reason: string}>, forms: () => any[], me: () => string}} act
 */
export function createForm(root, act) {
  const which = h("select", { id: "which-form", on: { change: drawQuestions } });
  const agent = h("select", { id: "about-agent", on: { change: drawQuestions } });
  const questions = h("div", { class: "questions" });
  const comment = h("textarea", { id: "whole-comment", rows: "2", maxlength: "2000" });
  const submit = h("button", { type: "submit", class: "primary" }, R.form.save);
  const outcome = h("p", { class: "outcome", role: "status" });
  const form = h("form", { hidden: true }, h("p", { class: "about" }, h("label", { for: "which-form" }, R.form.form), which, h("label", { for: "about-agent" }, R.form.agent), agent),
    questions, h("label", { for: "whole-comment" }, R.form.overall), comment, submit, outcome);
  const others = h("div", { class: "others" });
  const nothing = h("p", { class: "empty", hidden: true }, R.form.none);
  root.append(h("header", {}, h("h2", {}, R.form.title)), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": R.form.title }, form, nothing, others));
  let contact = "";
  /** @type {any[]} */
  let reviews = [];

  const spec = () => act.forms().find((each) => each.id === which.value);
  const draftKey = () => `${DRAFT}${contact}.${agent.value}.${which.value}`;
  const own = () => reviews.find((each) => each.reviewer === act.me() && each.form === which.value && each.agent === agent.value);

  form.addEventListener("input", () => {
    sessionStorage.setItem(draftKey(), JSON.stringify(written()));
    judge();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const review = { form: which.value, agent: agent.value, ...written() };
    const about = contact;
    submit.disabled = true;
    const reply = await act.save(review);
    if (about !== contact) return;
    if (reply.ok) {
      sessionStorage.removeItem(draftKey());
      reviews = [...reviews.filter((each) => each !== own()), reply.value];
      drawOthers();
    }
    judge();
    text(outcome, reply.ok ? saved(reply.value) : R.form.notSaved(reply.reason));
  });

  function written() {
    const answers = spec().questions.map((question) => {
      const chosen = form.querySelector(`input[name="${question.id}"]:checked`);
      const words = form.querySelector(`#comment-${question.id}`);
      const value = chosen instanceof HTMLInputElement && chosen.value !== SKIP ? Number(chosen.value) : null;
      return { question: question.id, value, comment: words instanceof HTMLInputElement ? words.value.trim() : "" };
    });
    return { answers, comment: comment.value.trim() };
  }

  /** What is missing, and which answers fail the whole. */
  function judge() {
    let missing = 0;
    for (const question of spec()?.questions ?? []) {
      const chosen = form.querySelector(`input[name="${question.id}"]:checked`);
      if (!chosen) missing += 1;
      const fails = form.querySelector(`[data-fails="${question.id}"]`);
      const worst = question.kind === "yes_no" ? "0" : "1";
      if (fails instanceof HTMLElement) text(fails, chosen instanceof HTMLInputElement && chosen.value === worst ? R.form.fails : "");
    }
    submit.disabled = missing > 0;
    text(submit, own() ? R.form.again : R.form.save);
    text(outcome, missing ? R.form.unanswered(missing) : own() ? saved(own()) : "");
  }

  function saved(review) {
    const texts = new Map(spec()?.questions.map((question) => [question.id, question.text]));
    return [R.form.saved(R.score(review.score)), review.failed.length ? R.form.failed(review.failed.map((id) => texts.get(id) ?? id).join("; ")) : ""].filter(Boolean).join(" ");
  }

  function drawQuestions() {
    const chosen = spec();
    form.hidden = !chosen || !agent.value;
    nothing.hidden = act.forms().length > 0;
    if (form.hidden) return fill(questions);
    const draft = JSON.parse(sessionStorage.getItem(draftKey()) ?? "null") ?? own() ?? { answers: [], comment: "" };
    const before = new Map(draft.answers.map((answer) => [answer.question, answer]));
    const all = chosen.questions.reduce((sum, question) => sum + question.weight, 0);
    const sections = [...new Set(chosen.questions.map((question) => question.section))];
    fill(questions, sections.map((section) => h("section", { "aria-label": section }, h("h3", {}, section),
      chosen.questions.filter((question) => question.section === section).map((question) => drawQuestion(question, all, before.get(question.id))))));
    comment.value = draft.comment;
    judge();
  }

  function drawOthers() {
    const theirs = reviews.filter((each) => each.reviewer !== act.me());
    fill(others, theirs.length ? h("details", {}, h("summary", {}, R.form.others(theirs.length)), theirs.map(drawReview)) : null);
  }

  function drawReview(review) {
    const texts = new Map(act.forms().find((each) => each.id === review.form)?.questions.map((question) => [question.id, question.text]));
    return h("article", {}, h("h3", {}, R.form.by(review.reviewer, R.score(review.score))),
      h("ul", {}, review.answers.map((answer) => h("li", {}, `${texts.get(answer.question) ?? answer.question}: `,
        h("b", {}, answer.value === null ? R.form.notApplicable : String(answer.value)), answer.comment ? ` (${answer.comment})` : null))),
      review.comment ? h("p", {}, review.comment) : null);
  }

  return {
    /** The form for a contact that `agents` had, with what was said of it before. */
    open(id, agents, kept) {
      [contact, reviews] = [id, kept];
      fill(which, act.forms().map((each) => h("option", { value: each.id }, each.title)));
      fill(agent, [...new Set(agents)].map((name) => h("option", { value: name }, name)));
      drawQuestions();
      drawOthers();
    },
    close() {
      [contact, reviews, form.hidden, nothing.hidden] = ["", [], true, true];
      fill(others);
    },
  };
}

// Not applicable is a choice like the others: a question skipped by oversight is not an answer.
function drawQuestion(question, all, before) {
  const scale = question.kind === "yes_no" ? [["1", R.form.yes], ["0", R.form.no]] : [1, 2, 3, 4, 5].map((value) => [String(value), String(value)]);
  const choices = question.optional ? [...scale, [SKIP, R.form.skip]] : scale;
  const chosen = before ? (before.value === null ? (question.optional ? SKIP : "") : String(before.value)) : "";
  const words = h("input", { id: `comment-${question.id}`, maxlength: "2000", placeholder: R.form.comment, "aria-label": R.form.commentOn(question.text), autocomplete: "off" });
  words.value = before?.comment ?? "";
  return h("fieldset", { class: question.auto_fail ? "must" : null }, h("legend", {}, question.text),
    h("p", { class: "quiet" }, R.form.weight(question.weight, all), question.kind === "scale" ? h("span", {}, R.form.scale) : null, question.auto_fail ? h("b", {}, icon("compliance"), R.form.must) : null),
    h("div", { class: "choices" }, choices.map(([value, label]) => h("label", {},
      h("input", { type: "radio", name: question.id, value, checked: value === chosen }), label))),
    question.auto_fail ? h("p", { class: "fails", role: "status", data: { fails: question.id } }) : null, words);
}
