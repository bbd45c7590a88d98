// Owns the websocket: hello with token, sequence and resume, commands and their replies, back-off, and the beat that
// tells a dead line from a quiet one. Knows nothing about what the messages mean.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const SILENCE_MS = 12000; // the floor sends something every 5 s
const REPLY_MS = 8000;
const ACK_EVERY = 50;
const FEED = "/api/feed";
const UNAUTHORISED = 4401;
const FORBIDDEN = 4405;

/** Milliseconds to wait before attempt `n` (1, 2, ...): 500 doubling to 8,000, less up to a fifth at random. */
export function backOff(n, random = Math.random()) {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (n - 1)) * (1 - random / 5);
}

export class Feed {
  #handlers;
  #path;
  #hello;
  #token = "";
  /** @type {WebSocket|null} */
  #socket = null;
  #seq = null;
  #acknowledged = 0;
  #attempt = 0;
  #retry = 0;
  #watch = 0;
  #waiting = new Map();
  #commands = 0;

  /**
   * @param {{message: (m: any) => void, connection: (state: string) => void, unauthorised: () => void,
   *   refused?: (reason: string) => void}} handlers
   * `connection` receives connecting, live, reconnecting or closed; `refused` (optional) why this is not ours to see.
   * @param {string} path of the websocket
   * @param {object} hello what the first message says besides
   */
  constructor(handlers, path = FEED, hello = {}) {
    this.#handlers = handlers;
    this.#path = path;
    this.#hello = hello;
    addEventListener("online", () => this.#hurry());
  }

  open(token) {
    this.close();
    this.#token = token;
    this.#handlers.connection("connecting");
    this.#connect();
  }

  /** A fresh token for the next reconnect. */
  renew(token) {
    this.#token = token;
  }

  close() {
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    this.#seq = null;
    this.#attempt = 0;
    socket?.close(1000);
    this.#refuseAll();
  }

  /** Ask the floor; resolves to {ok, reason}, also when the line is down. */
  command(name, data = {}) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve({ ok: false, reason: "offline" });
    const id = `p${++this.#commands}`;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(id, { ok: false, reason: "timeout" }), REPLY_MS);
      this.#waiting.set(id, { resolve, timer });
      socket.send(JSON.stringify({ type: "command", id, command: name, data }));
    });
  }

  #connect() {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      const hello = { type: "hello", token: this.#token, schema: 1, resume_from: this.#seq, ...this.#hello };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#received(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code, event.reason);
    };
    this.#listen();
  }

  #received(message) {
    this.#listen();
    if (message.type === "reply") return this.#settle(message.id, message);
    if (message.type === "welcome") {
      this.#attempt = 0;
      this.#handlers.connection("live");
    } else if (message.seq !== undefined) {
      this.#seq = message.seq;
      if (message.seq - this.#acknowledged >= ACK_EVERY) this.#acknowledge();
    } else if (message.type === "beat") {
      this.#acknowledge();
    }
    this.#handlers.message(message);
  }

  /** Tells the floor what has come: it need not keep us if we are hopelessly behind. */
  #acknowledge() {
    if (this.#seq === null || this.#seq === this.#acknowledged || this.#path !== FEED) return;
    this.#acknowledged = this.#seq;
    this.#socket?.send(JSON.stringify({ type: "ack", seq: this.#seq }));
  }

  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      const socket = this.#socket;
      this.#lost(1006);
      socket?.close();
    }, SILENCE_MS);
  }

  #lost(code, reason = "") {
    clearTimeout(this.#watch);
    this.#socket = null;
    this.#refuseAll();
    if (code === UNAUTHORISED) {
      this.#handlers.connection("closed");
      return this.#handlers.unauthorised();
    }
    if (code === FORBIDDEN) {
      this.#handlers.connection("closed");
      return this.#handlers.refused?.(reason);
    }
    this.#handlers.connection(this.#seq === null ? "connecting" : "reconnecting");
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), backOff(this.#attempt));
  }

  #hurry() {
    if (this.#socket || !this.#attempt) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #settle(id, reply) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    waiting.resolve(reply);
  }

  #refuseAll() {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { ok: false, reason: "offline" });
  }
}
