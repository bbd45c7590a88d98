// The contacts that can be reviewed: newest first, by agent, those without a review of mine, or one drawn by lot.
import { changed, fill, h, text } from "../dom.js";
import { moment, phone } from "../format.js";
import { R } from "./strings.js";

const MOST = 200; // rows drawn; the filters find the others

/**
 * @param {HTMLElement} root
 * @param {{open: (id: string) => void}} act
 */
export function createList(root, act) {
  const count = h("span", { class: "count" });
  const agent = h("select", { id: "of-agent", on: { change: draw } });
  const mine = h("input", { type: "checkbox", id: "without-mine", on: { change: draw } });
  const lot = h("button", { type: "button", on: { click: byLot } }, R.list.draw);
  const rows = h("ul", {});
  const nothing = h("p", { class: "empty" }, R.list.none);
  root.append(h("header", {}, h("h2", {}, R.list.title), count),
    h("div", { class: "filters" }, h("label", { for: "of-agent" }, R.list.agent), agent,
      h("label", { class: "check" }, mine, R.list.open), lot),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": R.list.title }, rows, nothing));
  /** @type {any} */
  let view = { contacts: [], reviews: [], me: "", open: "" };

  const reviewsOf = (id) => view.reviews.filter((review) => review.contact_id === id);
  const byMe = (id) => reviewsOf(id).some((review) => review.reviewer === view.me);
  const shown = () => view.contacts.filter((contact) => (!agent.value || contact.agent === agent.value) && !(mine.checked && byMe(contact.contact_id)));

  // A review that looks only at calls somebody remembers is no sample of the service.
  function byLot() {
    const open = shown().filter((contact) => !byMe(contact.contact_id));
    if (open.length) act.open(open[Math.floor(Math.random() * open.length)].contact_id);
  }

  function draw() {
    const found = shown();
    text(count, R.list.count(found.length, view.contacts.length));
    lot.disabled = found.every((contact) => byMe(contact.contact_id));
    nothing.hidden = found.length > 0;
    fill(rows, found.slice(0, MOST).map((contact) => {
      const reviews = reviewsOf(contact.contact_id);
      const told = byMe(contact.contact_id) ? R.list.mine : reviews.length ? R.list.reviews(reviews.length) : "";
      return h("li", {}, h("a", { href: `#contact/${encodeURIComponent(contact.contact_id)}`, "aria-current": contact.contact_id === view.open ? "true" : null },
        h("b", {}, contact.agent), h("span", {}, moment(contact.started_at)),
        h("span", { class: "quiet" }, [phone(contact.number), contact.queue].filter(Boolean).join(" · ")), h("span", { class: "told" }, told)));
    }));
  }

  return {
    update(fresh) {
      view = fresh;
      const agents = [...new Set(fresh.contacts.map((contact) => contact.agent))].sort();
      if (changed(agent, agents.join())) {
        const chosen = agent.value;
        fill(agent, h("option", { value: "" }, R.list.everybody), agents.map((name) => h("option", { value: name }, name)));
        agent.value = agents.includes(chosen) ? chosen : "";
      }
      draw();
    },
  };
}
