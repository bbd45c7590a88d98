// What a screen reader is told without being asked: a call that rings and critical cards at once, other cards when it is
// quiet, each once; the transcript never.
import { nameOf } from "./customer.js";
import { place, text } from "./dom.js";
import { comesUp } from "./state.js";
import { T } from "./strings.js";

export function createAnnouncer() {
  let about = null;
  let announced = new Set();
  return function announce(contact) {
    if (contact?.id !== about) [about, announced] = [contact?.id, new Set()];
    document.title = contact?.phase === "ringing" ? `☎ ${nameOf(contact)}` : T.product;
    const alerts = [];
    const news = [];
    const say = (id, list, words) => {
      if (!announced.has(id)) list.push(words);
      announced.add(id);
    };
    // Once by number, and again when the look-up has found the name.
    if (contact?.phase === "ringing") {
      const name = nameOf(contact);
      say(`ringing ${name}`, alerts, T.strip.ringing(name, contact.queue));
    }
    for (const { card } of (contact?.cards ?? []).filter((entry) => entry.outcome === "" && comesUp(entry))) {
      if (card.critical) say(card.id, alerts, T.cards.announceCritical(card.title));
      else say(card.id, news, T.cards.announce(card.title));
    }
    if (alerts.length) text(place("alerts"), alerts.join(". "));
    if (news.length) text(place("news"), news.join(". "));
  };
}
