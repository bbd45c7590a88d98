// The board as tables of rows, kept in step with the floor's messages (assist/board/rows.py), and what stands first.

/**
 * @typedef {{id: string, waiting: number, longest_since: number, working: number, free: number, offered: number,
 *   answered: number, abandoned: number, service_level: number|null, variant: number,
 *   target: number, answer_s: number, abandon_rate: number|null,
 *   wait_low_s: number|null, wait_high_s: number|null}} Queue
 * @typedef {{id: string, name: string, team: string, queues: string[], state: string, reason: string, since: number,
 *   until: number, station: boolean}} Agent
 * @typedef {{id: string, caller: string, offered_at: number, phase: string, since: number, queue: string,
 *   agent: string, held_since: number, consult: string, points: [number, number][], cards: number, mos: number,
 *   said: string, said_by: string, supervisor: string, mode: string, hand: boolean, hand_text: string}} Contact
 * @typedef {{id: string, contact_id: string, at: number, kind: string, severity: string, agent: string, queue: string,
 *   text: string, at_s: number, utterance_id: string, quote: string, acknowledged_by: string}} Alert
 */

const TABLES = ["queues", "agents", "contacts", "alerts"];
const SEVERITY = { critical: 3, warning: 2, info: 1 };
const FREE = "AVAILABLE";
const AGENT_ORDER = [FREE, "NOT_RESPONDING", "WRAPUP", "RINGING", "RESERVED", "HOLD", "CONSULT", "TALKING", "NOT_READY", "OFFLINE"];

/** An empty board. A row is never changed, it is replaced; tables are changed in place. */
export function createBoard() {
  return {
    at: 0,
    banner: "",
    queues: new Map(),
    agents: new Map(),
    contacts: new Map(),
    alerts: new Map(),
    contactOf: new Map(), // agent -> the contact she has
    alertsOf: new Map(), // contact -> its open alerts, the worst first
  };
}

/** Fold one message of /api/board into the board. */
export function apply(board, message) {
  board.at = message.at;
  board.banner = message.banner;
  for (const table of TABLES) {
    if (message.whole) board[table].clear();
    for (const row of message[table]) board[table].set(row.id, row);
    for (const id of message.gone[table]) board[table].delete(id);
  }
  if (message.whole || message.contacts.length || message.gone.contacts.length) {
    board.contactOf = new Map([...board.contacts.values()].filter((row) => row.agent).map((row) => [row.agent, row]));
  }
  if (message.whole || message.alerts.length || message.gone.alerts.length) {
    const alerts = [...board.alerts.values()].sort(byUrgency);
    board.alertsOf = new Map();
    for (const alert of alerts) board.alertsOf.set(alert.contact_id, [...(board.alertsOf.get(alert.contact_id) ?? []), alert]);
  }
}

/** Alerts: not seen before seen, then the worst, then the newest. */
export function byUrgency(a, b) {
  return (a.acknowledged_by ? 1 : 0) - (b.acknowledged_by ? 1 : 0) || SEVERITY[b.severity] - SEVERITY[a.severity] || b.at - a.at;
}

/** What asks for a supervisor about a contact: 0 nothing, 1 info, 2 warning, 3 critical, 4 a raised hand. */
export function need(board, contact) {
  if (contact.hand) return 4;
  const worst = board.alertsOf.get(contact.id)?.find((alert) => !alert.acknowledged_by);
  return worst ? SEVERITY[worst.severity] : 0;
}

/** Contacts: whom she supervises, then by need, then who waits longest, then the longest talk; flow last. */
export function contactsInOrder(board, me) {
  const phase = { queued: 0, ringing: 1, talking: 2, outside: 3, flow: 4 };
  const keyed = [...board.contacts.values()].map((row) => ({
    row,
    rank: [row.supervisor === me ? 0 : 1, -need(board, row), phase[row.phase] ?? 3, row.since, row.id],
  }));
  return keyed.sort(compare).map(({ row }) => row);
}

/** Agents: who is free first, longest idle first; then who did not answer, wraps up, talks; offline last. */
export function agentsInOrder(board) {
  const keyed = [...board.agents.values()].map((row) => ({
    row,
    rank: [AGENT_ORDER.indexOf(row.state), row.since, row.name],
  }));
  return keyed.sort(compare).map(({ row }) => row);
}

/** Queues: below target first, then who waits longest. */
export function queuesInOrder(board) {
  const keyed = [...board.queues.values()].map((row) => ({
    row,
    rank: [behind(row) ? 0 : 1, row.waiting ? row.longest_since : Infinity, row.id],
  }));
  return keyed.sort(compare).map(({ row }) => row);
}

/** Whether a queue is below its target. */
export function behind(queue) {
  return queue.service_level !== null && queue.service_level < queue.target;
}

function compare({ rank: a }, { rank: b }) {
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
  }
  return 0;
}
