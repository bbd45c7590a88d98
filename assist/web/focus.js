// Which card is large, over the life of a contact; the rule is chooseFocus.
import { chooseFocus, isOpen, stacked } from "./state.js";

export class CardFocus {
  /** @type {string|null} */
  id = null;
  /** @type {Set<string>} */
  seen = new Set();
  /** @type {string|null} */
  #contact = null;
  /** @type {string|null} */
  #phase = null;

  /** After a change of the contact. */
  settle(contact) {
    if (contact?.id !== this.#contact) {
      this.#contact = contact?.id ?? null;
      [this.id, this.seen, this.#phase] = [null, new Set(), null];
    }
    if (contact?.phase === "ended") {
      // The wrap-up is what matters now: a card is large only when the agent asks for it.
      if (this.#phase !== "ended") this.id = null;
      this.#phase = "ended";
      return;
    }
    this.id = chooseFocus(contact?.cards ?? [], this.id, this.seen);
    if (this.id && !this.seen.has(this.id)) this.seen = new Set(this.seen).add(this.id);
  }

  /** To the next open card, or the one before. */
  move(cards, by) {
    const order = stacked(cards).filter(isOpen).map((entry) => entry.card.id);
    if (order.length) this.id = order[(order.indexOf(this.id ?? "") + by + order.length) % order.length];
  }
}
