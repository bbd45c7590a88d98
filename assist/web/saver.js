// What the agent types about a contact: sent half a second after the last key, and kept until the floor has it, over
// reloads, lost lines, closed tabs, a restarted browser, and the contact leaving the desk. Only whom it is by sees it.
import { forget, keep, kept, keysOf } from "./keep.js";

const WAIT_MS = 500;
const KEPT_MS = 7 * 86_400_000; // what nobody came back for leaves the machine: it is about customers
const WHERE = "localStorage";
const AWAY = new Set(["offline", "timeout"]);

/** @typedef {{by: string, at: number, value: any}} Draft `at`: Unix milliseconds */

export class Saver {
  #prefix;
  #by;
  #send;
  #told;
  /** @type {Map<string, Draft>} */
  #drafts = new Map(); // also where the browser keeps nothing
  #timers = new Map();

  /**
   * @param {string} name of what is kept
   * @param {() => string} by who types
   * @param {(contactId: string, value: any) => Promise<{ok: boolean, reason?: string}>} send
   * @param {(contactId: string, state: "saving"|"saved"|"kept"|"refused", why?: string) => void} told how it stands
   */
  constructor(name, by, send, told) {
    this.#prefix = `callfloor.${name}.`;
    this.#by = by;
    this.#send = send;
    this.#told = told;
    addEventListener("pagehide", () => [...this.#timers.keys()].forEach((contactId) => this.flush(contactId)));
  }

  /** What the floor does not have yet; null: nothing. */
  draft(contactId) {
    return this.#find(contactId)?.value ?? null;
  }

  put(contactId, value) {
    const draft = { by: this.#by(), at: Date.now(), value };
    this.#drafts.set(contactId, draft);
    keep(WHERE, this.#prefix + contactId, draft);
    clearTimeout(this.#timers.get(contactId));
    this.#timers.set(contactId, setTimeout(() => this.flush(contactId), WAIT_MS));
  }

  /** Send it now. Resolves to whether the floor has all of it. */
  async flush(contactId) {
    clearTimeout(this.#timers.get(contactId));
    this.#timers.delete(contactId);
    const sent = this.#find(contactId);
    if (!sent) return true;
    this.#told(contactId, "saving");
    const reply = await this.#send(contactId, sent.value);
    if (JSON.stringify(this.#find(contactId)) !== JSON.stringify(sent)) return false; // more was typed: its own timer runs
    if (reply.ok) this.#drop(contactId);
    if (reply.ok) this.#told(contactId, "saved");
    else if (AWAY.has(reply.reason ?? "")) this.#told(contactId, "kept");
    else this.#told(contactId, "refused", reply.reason);
    return reply.ok;
  }

  /** Send what is kept, of every contact (after a reconnect). */
  retry() {
    const stored = keysOf(WHERE, this.#prefix).map((key) => key.slice(this.#prefix.length));
    for (const contactId of new Set([...stored, ...this.#drafts.keys()])) {
      if (this.#isOld(contactId)) this.#drop(contactId);
      else this.flush(contactId);
    }
  }

  /** @returns {Draft|null} */
  #find(contactId) {
    const found = this.#drafts.get(contactId) ?? kept(WHERE, this.#prefix + contactId);
    return found?.by === this.#by() ? found : null;
  }

  #isOld(contactId) {
    const found = this.#drafts.get(contactId) ?? kept(WHERE, this.#prefix + contactId);
    return !(found?.at > Date.now() - KEPT_MS);
  }

  #drop(contactId) {
    this.#drafts.delete(contactId);
    forget(WHERE, this.#prefix + contactId);
  }
}
