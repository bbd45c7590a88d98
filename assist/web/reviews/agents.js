// One agent: means and trend by principle and week, what to practise with moments to listen to, and people's reviews.
import { fill, h } from "../dom.js";
import { day } from "../format.js";
import { bar } from "./scorecard.js";
import { R } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {{session: any, days: number}} given
 */
export function createAgents(root, { session, days }) {
  let shown = 0;

  function choice(names, chosen) {
    const select = h("select", { id: "which-agent", on: { change: () => (location.hash = `agent/${encodeURIComponent(select.value)}`) } },
      names.map((name) => h("option", { value: name, selected: name === chosen }, name)));
    return h("p", { class: "chooser" }, h("label", { for: "which-agent" }, R.agents.choose), select, h("span", { class: "quiet" }, R.days));
  }

  return {
    /** `wanted`: her user name; empty: the first of those who had contacts. */
    async show({ contacts, reviews }, wanted) {
      const turn = (shown += 1);
      const names = [...new Set(contacts.map((contact) => contact.agent))].sort();
      const name = wanted || names[0];
      if (!name) return fill(root, h("p", { class: "empty" }, R.agents.none));
      const found = await session.get(`/api/quality/agents/${encodeURIComponent(name)}?days=${days}`);
      if (turn !== shown) return;
      fill(root, choice(names.includes(name) ? names : [name, ...names], name), found ? [
        h("div", { class: "two" }, h("section", { "aria-label": R.agents.table }, h("h2", {}, R.agents.heading(found.agent, found.contacts)), drawTable(found)),
          h("div", {}, drawPlan(found.plan), drawReviews(reviews.filter((review) => review.agent === name)))),
      ] : h("p", { class: "empty" }, R.away));
    },
  };
}

function drawTable(found) {
  const row = (label, mean, judged, weeks) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, bar(mean), h("span", { class: "number" }, R.score(mean))),
    h("td", { class: "number" }, judged), h("td", {}, trend(weeks)), weeks.map((value) => h("td", { class: "number" }, R.score(value))));
  return h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": R.agents.table }, h("table", {},
    h("caption", { class: "hidden" }, R.agents.table),
    h("thead", {}, h("tr", {}, [R.agents.principle, R.agents.mean, R.agents.judged, R.agents.trend, ...found.weeks.map((week) => day(Date.parse(week.monday) / 1000))]
      .map((label) => h("th", { scope: "col" }, label)))),
    h("tbody", {}, Object.entries(found.averages).map(([principle, average]) =>
      row(R.principles[principle], average.value, String(average.contacts), found.weeks.map((week) => week.averages[principle]?.value ?? null)))),
    h("tfoot", {}, row(R.agents.overall, found.overall, String(found.contacts), found.weeks.map((week) => week.overall)))));
}

/** The weeks as a line of 0..100, in words too. */
function trend(weeks) {
  const known = weeks.map((value, at) => [at, value]).filter(([, value]) => value !== null);
  const delta = known.length > 1 ? known.at(-1)[1] - known[0][1] : 0;
  const direction = !known.length ? "unknown" : known.length < 2 ? "none" : delta > 2 ? "up" : delta < -2 ? "down" : "flat";
  const x = (at) => (weeks.length > 1 ? (at / (weeks.length - 1)) * 100 : 0);
  const path = known.map(([at, value], index) => `${index ? "L" : "M"}${x(at).toFixed(1)} ${(22 - value / 5).toFixed(1)}`).join("");
  return h("span", { class: "trend", data: { direction } },
    h("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" }, h("path", { d: known.length > 1 ? path : "" })),
    h("span", {}, R.agents.direction[direction]));
}

function drawPlan(plan) {
  if (!plan) return h("section", { class: "plan" }, h("h2", {}, R.agents.plan), h("p", {}, R.agents.noPlan));
  return h("section", { class: "plan" }, h("h2", {}, R.agents.plan), h("h3", {}, R.agents.practise(R.principles[plan.principle].toLowerCase())),
    h("p", { class: "exercise" }, plan.exercise),
    h("p", { class: "quiet" }, R.agents.why(R.score(plan.average.value), plan.average.contacts)),
    h("ul", {}, plan.moments.map((moment) => h("li", {},
      h("a", { href: `#contact/${encodeURIComponent(moment.contact_id)}/${encodeURIComponent(moment.utterance_id)}` }, moment.quote ? h("q", {}, moment.quote) : moment.contact_id),
      h("p", {}, moment.text)))));
}

function drawReviews(reviews) {
  return h("section", { class: "plan" }, h("h2", {}, R.agents.reviews), reviews.length
    ? h("ul", {}, reviews.map((review) => h("li", {}, h("a", { href: `#contact/${encodeURIComponent(review.contact_id)}` }, R.form.by(review.reviewer, R.score(review.score))),
      h("span", { class: "quiet" }, ` ${review.form}, ${review.contact_id}`))))
    : h("p", { class: "quiet" }, R.agents.noReviews));
}
