// What the agent types about a contact: sent half a second after the last key, and kept in this tab until the floor has
// it, over reloads, lost lines, and the contact leaving the desk.

const WAIT_MS = 500;

export class Saver {
  #prefix;
  #send;
  #told;
  #timers = new Map();

  /**
   * @param {string} name of what is kept
   * @param {(contactId: string, value: any) => Promise<{ok: boolean}>} send
   * @param {(contactId: string, state: "saving"|"saved"|"kept") => void} told how it stands
   */
  constructor(name, send, told) {
    this.#prefix = `callfloor.${name}.`;
    this.#send = send;
    this.#told = told;
  }

  /** What the floor does not have yet; null: nothing. */
  draft(contactId) {
    return JSON.parse(sessionStorage.getItem(this.#prefix + contactId) ?? "null");
  }

  put(contactId, value) {
    sessionStorage.setItem(this.#prefix + contactId, JSON.stringify(value));
    clearTimeout(this.#timers.get(contactId));
    this.#timers.set(contactId, setTimeout(() => this.flush(contactId), WAIT_MS));
  }

  /** Send it now. Resolves to whether the floor has all of it. */
  async flush(contactId) {
    clearTimeout(this.#timers.get(contactId));
    this.#timers.delete(contactId);
    const sent = sessionStorage.getItem(this.#prefix + contactId);
    if (sent === null) return true;
    this.#told(contactId, "saving");
    const reply = await this.#send(contactId, JSON.parse(sent));
    if (sent !== sessionStorage.getItem(this.#prefix + contactId)) return false; // more was typed: its own timer runs
    if (reply.ok) sessionStorage.removeItem(this.#prefix + contactId);
    this.#told(contactId, reply.ok ? "saved" : "kept");
    return reply.ok;
  }

  /** Send what is kept, of every contact (after a reconnect). */
  retry() {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(this.#prefix)) this.flush(key.slice(this.#prefix.length));
    }
  }
}
