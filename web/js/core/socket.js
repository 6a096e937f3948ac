/**
 * The page's WebSocket: greets, asks and is answered, and is reopened every second for as long as the page lives.
 *
 * States: connecting → open (welcomed) | taken (another page holds the seat) | moved (another page took it from us) |
 * ended (the link is no longer valid) | outdated (the server speaks another version).
 */

import { deviceId, randomId, tabFlag, tabId } from "./boot.js";
import { WIRE_VERSION } from "./wire.js";

/** @typedef {import("./wire.js").Message} Message */
/** @typedef {import("./wire.js").Welcome} Welcome */
/** @typedef {"connecting"|"open"|"taken"|"moved"|"ended"|"outdated"} SocketState */
/**
 * @typedef {object} SocketHandlers
 * @property {() => string|null} peer id of the connection that lives, for the greeting
 * @property {(welcome: Welcome) => void} welcome
 * @property {(message: Message) => void} message everything that is not an answer
 * @property {(state: SocketState) => void} state
 * @property {(now: number, roundTrip: number) => void} time
 */

const REOPEN_MS = 1000;
const JITTER_MS = 200;
const PING_MS = 1000;
const SILENCE_LIMIT_MS = 4000;
const PROBE_MS = 1500;

/**
 * How long an attempt to open may take, the first being 0. TCP asks again after 1, 3 and 7 s: a network that has just
 * come back is found sooner by a new attempt, and a slow one needs a patient attempt now and then.
 * @param {number} attempt
 */
export function openingLimit(attempt) {
  return attempt % 3 === 2 ? 5000 : 1500;
}

/** The pause before a lost socket is opened again: a second and a little, never growing. @param {number} random 0…1 */
export function reopenDelay(random) {
  return REOPEN_MS + random * JITTER_MS;
}

/** A "no" of the server, with words for the person. */
export class Refusal extends Error {
  /** @param {string} code @param {string} text */
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/** The command could not be sent, or its answer never came. */
export class Offline extends Error {
  constructor() {
    super("Нет связи с сервером. Она восстанавливается сама — попробуйте ещё раз через несколько секунд.");
  }
}

export class Socket {
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {SocketState} */
  #state = "connecting";
  #page = randomId();
  #nextId = 1;
  /** @type {Map<number, {done: (answer: Message) => void, failed: (error: Error) => void}>} */
  #asked = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #reopening;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #pinging;
  #attempt = 2;
  #heardAt = 0;
  #unanswered = 0;
  #takeAtOnce = false;
  /** Why the seat was lost: "moved" to another page, or "freed" by the technical specialist. */
  lostBy = "moved";

  /** @param {string} path @param {SocketHandlers} handlers */
  constructor(path, handlers) {
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.handlers = handlers;
  }

  get state() {
    return this.#state;
  }

  open() {
    clearTimeout(this.#reopening);
    this.#discard();
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#nextId = 1;
    const limit = setTimeout(() => this.#lose(socket), openingLimit(this.#attempt));
    this.#attempt += 1;
    socket.onopen = () => {
      clearTimeout(limit);
      this.#attempt = 2; // should it be lost before it is greeted, patience helps more
      this.#heardAt = performance.now();
      this.#unanswered = 0;
      void this.#greet(socket);
    };
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#receive(String(event.data));
    };
    socket.onclose = (event) => {
      clearTimeout(limit);
      if (socket === this.#socket) this.#closed(event.code);
    };
  }

  /** The network has changed or the page has woken: finds out at once whether the socket still lives. */
  probe() {
    const socket = this.#socket;
    if (!socket) {
      if (this.#state === "connecting" || this.#state === "taken") this.open();
      return;
    }
    if (this.#state !== "open") return;
    const asked = performance.now();
    this.#ping();
    setTimeout(() => {
      if (this.#heardAt < asked) this.#lose(socket);
    }, PROBE_MS);
  }

  /** Takes the seat over from the page that holds it. */
  take() {
    this.#takeAtOnce = true;
    if (this.#state === "taken" && this.#socket?.readyState === WebSocket.OPEN) void this.#take();
    else this.open();
  }

  /**
   * Sends a command and waits for the answer.
   * @param {Message} message
   * @returns {Promise<Message>} the server's "done"; rejects with Refusal or Offline
   */
  ask(message) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN || this.#state !== "open") return Promise.reject(new Offline());
    return this.#ask(message);
  }

  /** Sends what needs no answer, if it can be sent. @param {Message} message */
  tell(message) {
    this.ask(message).catch(() => undefined);
  }

  /** @param {Message} message @returns {Promise<Message>} */
  #ask(message) {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((done, failed) => {
      this.#asked.set(id, { done, failed });
      this.#socket?.send(JSON.stringify({ ...message, id }));
    });
  }

  /** @param {WebSocket} socket */
  async #greet(socket) {
    const hello = {
      version: WIRE_VERSION,
      page: this.#page,
      tab: tabId(),
      device: deviceId(),
      peer: this.handlers.peer(),
    };
    try {
      await this.#answered(await this.#ask({ type: "hello", ...hello }));
    } catch (error) {
      if (error instanceof Refusal && error.code === "version") this.#outdated();
      else this.#lose(socket);
    }
  }

  async #take() {
    this.#takeAtOnce = false;
    try {
      await this.#answered(await this.#ask({ type: "take" }));
    } catch {
      if (this.#socket) this.#lose(this.#socket);
    }
  }

  /** The answer to a greeting or a take-over. @param {Message} answer */
  async #answered(answer) {
    if (answer.type === "taken") {
      this.#become("taken");
      if (this.#takeAtOnce) await this.#take();
      return;
    }
    if (answer.type !== "welcome") return;
    tabFlag("reloaded-for-version", null);
    this.#takeAtOnce = false;
    this.handlers.time(answer.now, 200);
    this.#attempt = 0;
    this.#become("open");
    clearInterval(this.#pinging);
    this.#pinging = setInterval(() => this.#ping(), PING_MS);
    this.handlers.welcome(/** @type {Welcome} */ (answer));
  }

  #ping() {
    const socket = this.#socket;
    if (!socket) return;
    if (this.#unanswered >= 2 && performance.now() - this.#heardAt > SILENCE_LIMIT_MS) {
      this.#lose(socket);
      return;
    }
    this.#unanswered += 1;
    this.tell({ type: "ping", t: Math.round(performance.now()) });
  }

  /** @param {string} text */
  #receive(text) {
    this.#heardAt = performance.now();
    this.#unanswered = 0;
    const message = /** @type {Message} */ (JSON.parse(text));
    if (message.type === "pong") this.handlers.time(message.now, performance.now() - message.t);
    if (message.type === "lost") {
      this.lostBy = String(message.reason);
      this.#become("moved");
      this.#discard();
      return;
    }
    const asked = message.re === undefined ? undefined : this.#asked.get(message.re);
    if (!asked || message.re === undefined) {
      this.handlers.message(message);
      return;
    }
    this.#asked.delete(message.re);
    if (message.type === "refused")
      asked.failed(new Refusal(String(message.code), String(message.text ?? "")));
    else asked.done(message);
  }

  /** A socket that answers no more is given up without waiting for TCP. @param {WebSocket} socket */
  #lose(socket) {
    if (socket !== this.#socket) return;
    this.#discard();
    this.#closed(1006);
  }

  /** @param {number} code */
  #closed(code) {
    this.#discard();
    if (code === 4003) {
      this.#become("ended");
      return;
    }
    if (code === 4001 || this.#state === "moved" || this.#state === "outdated") {
      if (this.#state !== "outdated") this.#become("moved");
      return;
    }
    if (this.#state !== "taken") this.#become("connecting");
    this.#reopening = setTimeout(() => this.open(), reopenDelay(Math.random()));
  }

  #discard() {
    clearInterval(this.#pinging);
    clearTimeout(this.#reopening);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { failed } of asked) failed(new Offline());
  }

  #outdated() {
    this.#become("outdated");
    this.#discard();
    if (tabFlag("reloaded-for-version") === null) {
      tabFlag("reloaded-for-version", "yes");
      location.reload();
    }
  }

  /** @param {SocketState} state */
  #become(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.handlers.state(state);
  }
}
