/**
 * One page's link with the exam: the socket, the media connection, the jacks, and what is sent by itself
 * (figures every two seconds, alarms again after every greeting), and what gives way on a poor line.
 *
 * What it shows on <body>: data-socket (connecting, open, taken, moved, ended, outdated), data-media (none,
 * connecting, connected, disconnected, failed). Marks of performance: page-ready, media-connected.
 */

import { ServerClock } from "../core/clock.js";
import { JackBoard } from "../core/jacks.js";
import { Peer } from "../core/peer.js";
import { Socket } from "../core/socket.js";
import { connectionWord, read, summarise } from "../core/stats.js";
import { Thrift } from "../core/thrift.js";
import * as banner from "../ui/banner.js";
import * as gate from "../ui/gate.js";
import { bindListen } from "../ui/listen.js";

/** @typedef {import("../core/wire.js").Boot} Boot */
/** @typedef {import("../core/wire.js").Message} Message */
/** @typedef {import("../core/wire.js").Welcome} Welcome */
/** @typedef {import("../core/wire.js").AlarmKind} AlarmKind */
/** @typedef {import("../core/wire.js").PageStats} PageStats */
/**
 * @typedef {object} LinkHandlers
 * @property {(view: any) => void} view
 * @property {(message: Message) => void} [message] other messages
 * @property {(welcome: Welcome) => void} [welcome]
 * @property {() => void} [line] the state of socket or media, or the figures, changed
 * @property {() => void} [released] another page has the seat: give the devices back
 */

const STATS_MS = 1000;
const TOLD_EVERY = 2; // of the readings, to the server

export class Link {
  clock = new ServerClock();
  /** @type {PageStats} */
  stats = {};
  /** The room the next offer is for; undefined for seats that have one room only. @type {import("../core/wire.js").Id|null|undefined} */
  room = undefined;
  /** @type {Welcome["seat"]|null} */
  seat = null;
  /** @type {Set<AlarmKind>} */
  #alarms = new Set();
  /** @type {import("../core/stats.js").Reading|null} */
  #reading = null;
  #readings = 0;
  #soundDue = true;
  thrift = new Thrift();
  #camera = false;

  /** @param {Boot} boot @param {LinkHandlers} handlers */
  constructor(boot, handlers) {
    this.boot = boot;
    this.handlers = handlers;
    this.jacks = new JackBoard(() => this.#askToListen());
    this.peer = new Peer({
      offer: (sdp) => this.#offer(sdp),
      jack: (name, track, receiver) => this.jacks.attach(name, track, receiver),
      state: (state) => {
        document.body.dataset.media = state;
        this.handlers.line?.();
      },
    });
    this.socket = new Socket(boot.ws, {
      peer: () => this.peer.id,
      welcome: (welcome) => this.#welcome(welcome),
      message: (message) => this.#message(message),
      state: (state) => this.#socketState(state),
      time: (now, roundTrip) => this.clock.observe(now, roundTrip),
    });
    document.body.dataset.media = "none";
    document.body.dataset.socket = "connecting";
  }

  open() {
    this.socket.open();
    setInterval(() => void this.#measure(), STATS_MS);
    const probe = () => this.socket.probe();
    window.addEventListener("online", probe);
    /** @type {any} */ (navigator).connection?.addEventListener?.("change", probe);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) probe();
    });
    banner.watch(
      () => this.socket.state,
      () => this.#soundDue && this.peer.state === "connected",
    );
  }

  /** @param {Message} message */
  ask(message) {
    return this.socket.ask(message);
  }

  /** Whether voices are due now: only then a silenced page asks for a press. @param {boolean} due */
  expectSound(due) {
    if (due === this.#soundDue) return;
    this.#soundDue = due;
    this.#askToListen();
  }

  #askToListen() {
    bindListen(this.jacks.blocked, this.#soundDue, () => this.jacks.unblock());
  }

  /** Tells of a trouble on this page, and again after every greeting. @param {AlarmKind} kind @param {boolean} on */
  alarm(kind, on) {
    if (this.#alarms.has(kind) === on) return;
    if (on) this.#alarms.add(kind);
    else this.#alarms.delete(kind);
    this.socket.tell({ type: "alarm", kind, on });
  }

  /** The connection in a word for the person. */
  word() {
    return connectionWord({
      socket: this.socket.state === "open",
      media: this.peer.state,
      thrifty: this.thrift.on,
      ...this.stats,
    });
  }

  /** Sends what needs no answer; what has to be known is told again at every welcome. @param {Message} message */
  tell(message) {
    this.socket.tell(message);
  }

  /** For seats that choose a room: connects to its conference, or leaves. @param {import("../core/wire.js").Id|null} room */
  enter(room) {
    const same = this.room === room;
    this.room = room;
    if (room === null) this.peer.close();
    else if (!same || !this.peer.busy) this.peer.connect();
  }

  /** @param {string} sdp */
  async #offer(sdp) {
    const room = this.room === undefined ? {} : { room: this.room };
    const answer = await this.socket.ask({ type: "offer", sdp, ...room });
    return { sdp: String(answer.sdp), peer: String(answer.peer) };
  }

  /** @param {Welcome} welcome */
  #welcome(welcome) {
    gate.close();
    this.seat = welcome.seat;
    this.#camera = welcome.layout.plugs.some((plug) => plug.name === "camera");
    this.peer.configure(welcome.layout, welcome.ice_servers);
    this.handlers.welcome?.(welcome);
    if (welcome.media === "none") this.peer.close();
    else if (this.room !== null && (welcome.media === "connect" || !this.peer.busy)) this.peer.connect();
    for (const kind of this.#alarms) this.socket.tell({ type: "alarm", kind, on: true });
  }

  /** @param {Message} message */
  #message(message) {
    switch (message.type) {
      case "view":
        this.clock.observe(message.now, 400);
        this.peer.encode(message.encoders !== false);
        this.handlers.view(message);
        break;
      case "media.reconnect":
        if (this.room !== null) this.peer.connect();
        break;
      case "media.close":
        this.peer.close();
        break;
      default:
        this.handlers.message?.(message);
    }
  }

  /** @param {import("../core/socket.js").SocketState} state */
  #socketState(state) {
    document.body.dataset.socket = state;
    if (state === "taken") gate.taken(() => this.socket.take());
    if (state === "moved" && this.socket.lostBy === "freed") gate.freed(() => this.socket.take());
    else if (state === "moved") gate.moved(() => this.socket.take());
    if (state === "ended") gate.ended(this.boot.phone);
    if (state === "outdated") gate.outdated();
    if (state !== "open" && state !== "connecting") {
      this.peer.close();
      this.handlers.released?.();
    }
    this.handlers.line?.();
  }

  async #measure() {
    const report = await this.peer.stats();
    if (!report || this.peer.state !== "connected") return;
    /** @type {any[]} */
    const entries = [];
    report.forEach((entry) => {
      entries.push(entry);
    });
    const reading = read(entries, performance.now());
    this.stats = {
      ...summarise(this.#reading, reading),
      hidden: document.hidden,
      screen: { width: window.innerWidth, height: window.innerHeight },
      network:
        /** @type {any} */ (navigator).connection?.type ??
        /** @type {any} */ (navigator).connection?.effectiveType ??
        null,
    };
    this.#reading = reading;
    this.#save(reading);
    this.#readings += 1;
    if (this.#readings % TOLD_EVERY === 0) this.socket.tell({ type: "stats", data: this.stats });
    this.handlers.line?.();
  }

  /** On a very poor line the voice goes alone. @param {import("../core/stats.js").Reading} reading */
  #save(reading) {
    if (this.#camera && this.peer.active) this.thrift.observe(reading.available, reading.at);
    else this.thrift.forget();
    this.peer.save(this.thrift.on);
    this.alarm("line_poor", this.thrift.on);
  }
}
