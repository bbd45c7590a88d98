// The contact in view: what its agent's page shows, read along by a feed of its own, and a line to write to the agent.
import { createCards } from "../cards.js";
import { createCustomer } from "../customer.js";
import { changed, fill, h, text } from "../dom.js";
import { Feed } from "../feed.js";
import { phone } from "../format.js";
import { icon } from "../icons.js";
import { apply, chooseFocus } from "../state.js";
import { createTranscript } from "../transcript.js";
import { B } from "./strings.js";

/**
 * @param {HTMLElement} root
 * @param {{close: () => void, coach: (contact: string, data: object) => Promise<any>, lower: (contact: string) => void,
 *   token: () => string, draw: () => void}} act
 */
export function createReading(root, act) {
  const title = h("h2", {});
  const close = h("button", { type: "button", class: "plain", "aria-label": B.reading.close, on: { click: act.close } }, icon("close"));
  const hand = h("p", { class: "asks", hidden: true });
  const empty = h("p", { class: "empty" });
  const review = h("a", {}, B.reading.review);
  const ended = h("p", { class: "over", hidden: true }, h("span", {}, B.reading.ended), review);
  const [customerPlace, transcriptPlace, cardsPlace] = ["customer", "transcript", "cards"].map((id) => h("div", { id }));
  const receipt = h("p", { class: "quiet", role: "status" });
  const words = h("input", { id: "coach-text", maxlength: "500", autocomplete: "off", "aria-label": B.reading.coach, placeholder: B.reading.coach });
  const send = h("button", { class: "primary", type: "submit" }, icon("coaching"), B.reading.send);
  const tips = h("div", { class: "tips", role: "group", "aria-label": B.reading.tips });
  const form = h("form", { class: "coach" }, words, send, tips, receipt);
  root.append(h("header", {}, title, close), hand, ended, empty, customerPlace, transcriptPlace, cardsPlace, form);

  const transcript = createTranscript(transcriptPlace);
  const nothing = () => {};
  const cards = createCards(cardsPlace, { accept: nothing, dismiss: nothing, tick: nothing, focus: (id) => { focusId = id; act.draw(); },
    evidence: (id) => transcript.show(id) });
  const customer = createCustomer(customerPlace, { callBack: nothing });

  let contactId = "";
  let agent = "";
  let desk = null;
  let feed = null;
  let focusId = null;
  let seen = new Set();
  /** @type {{utterance_id: string, at_s: number}|null} */
  let wanted = null; // a moment to show as soon as its words are there

  async function coach(data) {
    const reply = await act.coach(contactId, data);
    if (reply.ok && data.text) words.value = "";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (words.value.trim()) coach({ text: words.value.trim() });
  });

  function follow(wantedAgent) {
    if (wantedAgent === agent) return;
    agent = wantedAgent;
    feed?.close();
    [feed, desk, focusId, seen] = [null, null, null, new Set()];
    if (!agent) return;
    const mine = new Feed({
      message(message) {
        if (mine !== feed) return;
        desk = apply(desk, message);
        act.draw();
      },
      connection: nothing,
      unauthorised: nothing,
      refused: nothing,
    }, "/api/feed", { desk: agent });
    feed = mine;
    feed.open(act.token());
  }

  return {
    get contact() {
      return contactId;
    },
    /**
     * Read along on a contact; `moment`: an utterance or a second of it to go to.
     * @param {string} id
     * @param {{utterance_id: string, at_s: number}|null} moment
     */
    open(id, moment = null) {
      if (id !== contactId) text(receipt, "");
      contactId = id;
      wanted = moment && (moment.utterance_id || moment.at_s) ? moment : null;
      root.hidden = false;
    },
    close() {
      contactId = "";
      follow("");
      root.hidden = true;
    },
    write: () => words.focus(),
    told(message) {
      if (message.contact_id !== contactId) return;
      if (message.type === "coach.sent") text(receipt, B.reading.sent(message.data.text));
      if (message.type === "coach.read") text(receipt, B.reading.read(message.data.outcome, Math.round(message.data.after_s)));
    },
    update({ board, usable, tips: canned }) {
      if (!contactId) return;
      const row = board.contacts.get(contactId);
      if (row) follow(row.agent); // the contact may be passed on: so is she
      const contact = desk?.contact?.id === contactId ? desk.contact : null;
      const name = board.agents.get(agent)?.name ?? agent;
      text(title, [name, row && phone(row.caller), row?.queue].filter(Boolean).join(" · ") || B.reading.ended);
      text(empty, contact || !row ? "" : B.reading.none);
      ended.hidden = Boolean(row);
      review.href = `/reviews.html#contact/${encodeURIComponent(contactId)}`;
      for (const place of [customerPlace, transcriptPlace, cardsPlace]) place.hidden = !contact;
      form.hidden = !row?.agent;
      send.disabled = !usable;
      drawHand(row, usable);
      drawTips(canned, usable);
      if (!contact) return;
      focusId = chooseFocus(contact.cards, focusId, seen);
      if (focusId && !seen.has(focusId)) seen = new Set(seen).add(focusId);
      const view = { ...desk, focusId, seen, pending: new Set(), usable: false };
      customer.update(view);
      transcript.update({ ...view, speaker: name });
      cards.update(view);
      if (wanted && transcript.show(wanted.utterance_id || saidBefore(contact.transcript, wanted.at_s))) wanted = null;
    },
  };

  function drawHand(row, usable) {
    if (!changed(hand, row?.hand, row?.hand_text, usable)) return;
    hand.hidden = !row?.hand;
    fill(hand, icon("hand"), h("b", {}, B.reading.hand(row?.hand_text ?? "")),
      h("button", { type: "button", disabled: !usable, on: { click: () => act.lower(contactId) } }, B.reading.lower));
  }

  function drawTips(canned, usable) {
    if (!changed(tips, canned, usable)) return;
    fill(tips, Object.entries(canned).map(([tip, said]) =>
      h("button", { type: "button", title: said, disabled: !usable, on: { click: () => coach({ tip }) } }, said)));
  }
}

/** The utterance under way at a second of the contact or the last one before it; the first where all came later. */
function saidBefore(transcript, at_s) {
  const lines = [...transcript].sort((a, b) => a.start_s - b.start_s);
  return (lines.findLast((line) => line.start_s <= at_s) ?? lines[0])?.id ?? "";
}
