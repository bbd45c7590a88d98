// The desk as a value: apply(desk, message) is assist/desk.py with desk_contact.py in JavaScript, held to the same golden
// files.
// A desk is never changed in place, so that a region of the page can compare by identity what it has drawn.

/** @typedef {{type: string, contact_id: string|null, seq: number, at: number, data: any}} Message */

const onContact = {
  "contact.answered": (contact, data, at) =>
    contact.phase === "ended" || contact.answered_at
      ? contact
      : { ...contact, phase: "talking", answered_at: at, waited_s: data.waited_s },

  "contact.ended": (contact, data, at) =>
    contact.phase === "ended"
      ? contact
      : {
          ...contact,
          phase: "ended",
          ended_at: at,
          ended_reason: data.reason,
          ended_by: data.ended_by,
          talk_s: data.talk_s,
          transcript: contact.transcript.filter((line) => line.final),
        },

  "contact.hold_changed": (contact, data, at) => ({ ...contact, held: data.held, held_since: data.held ? at : 0 }),
  "desk.supervision": (contact, { supervisor, mode }) => ({
    ...contact, supervisor: mode ? supervisor : "", supervision: mode ?? "",
  }),
  "coach.hand_raised": (contact) => ({ ...contact, hand: true }),
  "coach.hand_lowered": (contact) => ({ ...contact, hand: false }),
  "contact.consult_started": (contact, data) => ({ ...contact, consult: data.party, consult_state: "ringing" }),
  "contact.consult_answered": (contact, data) => ({ ...contact, consult: data.party, consult_state: "talking" }),
  "contact.conference_started": (contact, data) => ({ ...contact, consult: data.party, consult_state: "conference" }),
  "contact.consult_ended": (contact) => ({ ...contact, consult: "", consult_state: "" }),

  "transcript.partial": (contact, data) => {
    const known = contact.transcript.find((line) => line.id === data.utterance_id);
    if (contact.phase === "ended" || (known && (known.final || data.revision <= known.revision))) return contact;
    const line = utterance(data, { final: false, revision: data.revision, confidence: 1, words: [], redactions: [] });
    return { ...contact, transcript: placed(contact.transcript, line) };
  },

  "transcript.final": (contact, data) => {
    const { confidence, words, redactions } = data;
    const line = utterance(data, { final: true, revision: 0, confidence, words, redactions });
    const transcript =
      line.text || redactions.length
        ? placed(contact.transcript, line)
        : contact.transcript.filter((other) => other.id !== line.id);
    return { ...contact, transcript };
  },

  "transcript.gap": (contact, data) => ({
    ...contact,
    gaps: contact.gaps.some((gap) => gap.gap_id === data.gap_id)
      ? contact.gaps.map((gap) => (gap.gap_id === data.gap_id ? data : gap))
      : [...contact.gaps, data],
  }),

  "card.shown": (contact, data, at) => card(contact, data, at, true),
  "card.updated": (contact, data, at) => card(contact, data, at, false),
  "card.settled": (contact, data) => settled(contact, data.card_id, data.outcome, ""),
  "card.retracted": (contact, data) => settled(contact, data.card_id, "retracted", data.reason),

  "desk.customer": (contact, data) => ({
    ...contact,
    customer: data.customer,
    lookup: data.customer ? "found" : "unknown",
    choices: data.choices,
  }),
  "desk.note": (contact, data) => ({ ...contact, note: data.text }),
  "contact.summary": (contact, data) => ({ ...contact, summary: data }),
  "contact.wrapped_up": (contact, data) => ({ ...contact, wrap_up: data }),
};

const onDesk = {
  snapshot: (desk, message) => message.data,
  "station.state": (desk, message) => ({ ...desk, station: message.data }),
  "desk.queues": (desk, { data }) => ({ ...desk, queues: data.queues }),
  "service.recogniser": (desk, message) => ({ ...desk, services: { ...desk.services, recogniser: message.data } }),

  "agent.state": (desk, { data }) => {
    if (data.agent !== desk.agent.user) return desk;
    const agent = { ...desk.agent, state: data.state, reason: data.reason, since: data.since, until: data.until };
    if (data.state === "AVAILABLE" && desk.contact?.phase === "ended") {
      return { ...desk, agent, contact: null, previous: remembered(desk.contact) };
    }
    return { ...desk, agent };
  },

  "desk.contact": (desk, { data, contact_id }) => {
    if (!contact_id) return desk;
    const { phase, caller, queue, offered_at, answered_at, waited_s, context } = data;
    const header = { phase, caller, queue, offered_at, answered_at, waited_s, context };
    if (desk.contact?.id === contact_id) return { ...desk, contact: { ...desk.contact, ...header } };
    const previous = desk.contact ? remembered(desk.contact) : desk.previous;
    return { ...desk, previous, contact: { ...emptyContact(contact_id), ...header } };
  },

  "desk.released": (desk, { contact_id }) =>
    desk.contact?.id === contact_id && desk.contact.phase !== "ended" ? { ...desk, contact: null } : desk,
};

/**
 * The desk after a message. Unknown types and other contacts' events change nothing.
 * @param {any} desk the desk before, null before the first snapshot
 * @param {Message} message
 */
export function apply(desk, message) {
  if (!desk && message.type !== "snapshot") return desk;
  if (Object.hasOwn(onDesk, message.type)) return onDesk[message.type](desk, message);
  const contact = desk.contact;
  if (!contact || contact.id !== message.contact_id || !Object.hasOwn(onContact, message.type)) return desk;
  const changed = onContact[message.type](contact, message.data, message.at);
  return changed === contact ? desk : { ...desk, contact: changed };
}

function emptyContact(id) {
  return {
    id, phase: "", caller: "", queue: "", offered_at: 0, answered_at: 0, waited_s: 0, ended_at: 0, ended_reason: "",
    ended_by: "", talk_s: 0, lookup: "pending", customer: null, transcript: [], gaps: [], cards: [], note: "",
    summary: null, context: [], held: false, consult: "", consult_state: "",
    supervisor: "", supervision: "", hand: false, held_since: 0, wrap_up: null,
    choices: [],
  };
}

function remembered(contact) {
  return { ...contact, transcript: [], gaps: [], cards: [] };
}

function utterance({ utterance_id, party, text, start_s, end_s }, rest) {
  return { id: utterance_id, party, text, start_s, end_s, ...rest };
}

// A known utterance changes where it stands, so that nothing jumps; a new one goes where its start belongs.
function placed(transcript, line) {
  const known = transcript.findIndex((other) => other.id === line.id);
  if (known >= 0) return transcript.with(known, line);
  let index = transcript.length;
  while (index && transcript[index - 1].start_s > line.start_s) index -= 1;
  return transcript.toSpliced(index, 0, line);
}

function card(contact, { card: shown, latency_ms }, at, isNew) {
  const index = contact.cards.findIndex((entry) => entry.card.id === shown.id);
  if (index < 0) {
    const entry = { card: shown, latency_ms, shown_at: at, updated_at: at, outcome: "", reason: "" };
    return { ...contact, cards: [...contact.cards, entry] };
  }
  const entry = contact.cards[index];
  if (isNew !== (entry.outcome === "retracted")) return contact;
  const outcome = isNew ? "" : entry.outcome;
  const changed = { ...entry, card: shown, latency_ms, updated_at: at, outcome, reason: "" };
  return { ...contact, cards: contact.cards.with(index, changed) };
}

function settled(contact, id, outcome, reason) {
  return {
    ...contact,
    cards: contact.cards.map((entry) => (entry.card.id === id ? { ...entry, outcome, reason } : entry)),
  };
}

/** Whether a card still asks for something: unsettled, or accepted with steps yet to do. */
export function isOpen(entry) {
  return entry.outcome === "" || (entry.outcome === "accepted" && entry.card.steps.some((step) => !step.done));
}

/** Whether something led to the card. The checklist is there in every contact, and never in the way of others. */
export function comesUp(entry) {
  return entry.card.kind !== "checklist";
}

/** Cards as they stand in the stack: open before settled, critical first, then by priority, then by age. */
export function stacked(cards) {
  const rank = (entry) => [isOpen(entry) ? 0 : 1, entry.card.critical ? 0 : 1, -entry.card.priority, entry.shown_at];
  return [...cards].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at < 0 ? 0 : left[at] - right[at];
  });
}

/**
 * Which card is large. The one being read stays while it is open; only a critical one may take its place, once. The
 * checklist is large only when the agent asks for it.
 * @param {any[]} cards
 * @param {string|null} focus id of the card in focus now
 * @param {Set<string>} seen ids that have been in focus
 * @returns {string|null}
 */
export function chooseFocus(cards, focus, seen) {
  const order = stacked(cards);
  const critical = order.find((entry) => entry.card.critical && entry.outcome === "" && !seen.has(entry.card.id));
  if (critical) return critical.card.id;
  const current = cards.find((entry) => entry.card.id === focus);
  if (current && (isOpen(current) || !order.some((entry) => isOpen(entry) && comesUp(entry)))) return focus;
  return order.find((entry) => isOpen(entry) && comesUp(entry))?.card.id ?? null;
}
