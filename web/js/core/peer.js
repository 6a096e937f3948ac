/**
 * The page's media connection: negotiated once with a fixed layout, renewed make-before-break, watched.
 *
 * A Line is one RTCPeerConnection. The Peer keeps the line in use until a newer one is connected.
 */

/** @typedef {import("./wire.js").Layout} Layout */
/** @typedef {"none"|"connecting"|"connected"|"disconnected"|"failed"} MediaState */
/**
 * @typedef {object} PeerHandlers
 * @property {(sdp: string) => Promise<{sdp: string, peer: string}>} offer carries the offer to the server
 * @property {(jack: string, track: MediaStreamTrack, receiver: RTCRtpReceiver) => void} jack a jack's track, at each new line
 * @property {(state: MediaState) => void} state
 */

const DISCONNECTED_LIMIT_MS = 3000;
const CONNECTING_LIMIT_MS = 15_000;
const RETRY_MS = 1000;
const OVERLAP_MS = 400; // a former connection goes on so long, until the node hears by the new one

/** What each plug may use at most, in bit/s. @type {Readonly<Record<string, number>>} */
export const MAX_BITRATE = { voice: 48_000, camera: 1_000_000, screen: 1_500_000 };

const THRIFTY_VOICE = 24_000;

/**
 * What a plug's sender does. On a very poor line (`thrifty`) there is no camera, and the voice takes less; the screen
 * with the exam paper is not for us to give up.
 * @param {string} plug @param {boolean} active @param {boolean} [thrifty]
 * @returns {{active: boolean, maxBitrate: number}}
 */
export function encoding(plug, active, thrifty = false) {
  const most = MAX_BITRATE[plug] ?? 1_000_000;
  if (!thrifty) return { active, maxBitrate: most };
  return { active: active && plug !== "camera", maxBitrate: plug === "voice" ? THRIFTY_VOICE : most };
}

class Line {
  /** @type {string|null} */
  id = null;
  connected = false;
  /** @type {Map<string, RTCRtpSender>} */
  senders = new Map();
  /** @type {Map<string, RTCRtpReceiver>} */
  receivers = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  limit;
  /** Parameters of one sender are changed one after another. @type {Promise<void>} */
  #changes = Promise.resolve();

  /**
   * @param {Layout} layout
   * @param {RTCIceServer[]} iceServers
   * @param {ReadonlyMap<string, MediaStreamTrack|null>} tracks
   * @param {boolean} active
   * @param {boolean} thrifty
   */
  constructor(layout, iceServers, tracks, active, thrifty) {
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    for (const { name, kind } of layout.plugs) {
      const { sender } = this.pc.addTransceiver(kind, {
        direction: "sendonly",
        sendEncodings: [encoding(name, active, thrifty)],
      });
      this.senders.set(name, sender);
      void sender.replaceTrack(tracks.get(name) ?? null);
    }
    for (const { name, kind } of layout.jacks) {
      this.receivers.set(name, this.pc.addTransceiver(kind, { direction: "recvonly" }).receiver);
    }
  }

  /** @param {boolean} active @param {boolean} thrifty */
  encode(active, thrifty) {
    this.#changes = this.#changes.then(async () => {
      for (const [plug, sender] of this.senders) {
        const parameters = sender.getParameters();
        const [first] = parameters.encodings;
        const wanted = encoding(plug, active, thrifty);
        if (!first || (first.active === wanted.active && first.maxBitrate === wanted.maxBitrate)) continue;
        Object.assign(first, wanted);
        await sender.setParameters(parameters).catch(() => undefined);
      }
    });
  }

  close() {
    clearTimeout(this.limit);
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }
}

export class Peer {
  /** @type {Line|null} */
  #current = null;
  /** @type {Line|null} */
  #next = null;
  /** The one before, for the moment in which the new one takes over. @type {Line|null} */
  #former = null;
  /** @type {Layout|null} */
  #layout = null;
  /** @type {RTCIceServer[]} */
  #iceServers = [];
  /** @type {Map<string, MediaStreamTrack|null>} */
  #tracks = new Map();
  #active = true;
  #thrifty = false;
  #wanted = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #patience;
  /** @type {MediaState} */
  #state = "none";

  /** @param {PeerHandlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
  }

  /** @param {Layout} layout @param {RTCIceServer[]} iceServers */
  configure(layout, iceServers) {
    this.#layout = layout;
    this.#iceServers = iceServers;
  }

  /** The server's name for the connection, if one lives. @returns {string|null} */
  get id() {
    return this.#current?.pc.connectionState === "connected" ? this.#current.id : null;
  }

  get state() {
    return this.#state;
  }

  /** Whether a connection lives or is on its way. */
  get busy() {
    return Boolean(this.#next ?? (this.#current?.pc.connectionState === "connected" && this.#current));
  }

  /** @returns {Promise<RTCStatsReport|null>} */
  async stats() {
    return this.#current ? this.#current.pc.getStats() : null;
  }

  /** Makes a new connection; the one in use stays until the new one is connected. */
  connect() {
    this.#wanted = true;
    clearTimeout(this.#retry);
    this.#next?.close();
    this.#next = null;
    if (!this.#layout) return;
    const line = new Line(this.#layout, this.#iceServers, this.#tracks, this.#active, this.#thrifty);
    this.#next = line;
    line.pc.onconnectionstatechange = () => this.#changed(line);
    line.limit = setTimeout(() => this.connect(), CONNECTING_LIMIT_MS);
    this.#tellState();
    this.#negotiate(line).catch(() => this.#again(line));
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#patience);
    for (const line of [this.#former, this.#current, this.#next]) line?.close();
    this.#former = null;
    this.#current = null;
    this.#next = null;
    this.#tellState();
  }

  /**
   * Puts a track into a plug, on this connection and all that follow.
   * @param {string} plug @param {MediaStreamTrack|null} track
   */
  async plug(plug, track) {
    this.#tracks.set(plug, track);
    for (const line of [this.#current, this.#next]) {
      await line?.senders
        .get(plug)
        ?.replaceTrack(track)
        .catch(() => undefined);
      line?.encode(this.#active, this.#thrifty);
    }
  }

  /** Whether encoders are on. */
  get active() {
    return this.#active;
  }

  /** Encoders on or off. @param {boolean} active */
  encode(active) {
    this.#active = active;
    this.#encode();
  }

  /** Voice without the camera, for a very poor line, or both. @param {boolean} thrifty */
  save(thrifty) {
    if (this.#thrifty === thrifty) return;
    this.#thrifty = thrifty;
    this.#encode();
  }

  #encode() {
    for (const line of [this.#current, this.#next]) line?.encode(this.#active, this.#thrifty);
  }

  /** @param {Line} line */
  async #negotiate(line) {
    const offer = await line.pc.createOffer();
    await line.pc.setLocalDescription(offer);
    const { sdp, peer } = await this.handlers.offer(line.pc.localDescription?.sdp ?? offer.sdp ?? "");
    line.id = peer;
    if (line === this.#next) await line.pc.setRemoteDescription({ type: "answer", sdp });
  }

  /** This attempt has come to nothing: the next follows in a second. @param {Line} line */
  #again(line) {
    if (line !== this.#next) return;
    line.close();
    this.#next = null;
    this.#tellState();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#wanted && !this.#next) this.connect();
    }, RETRY_MS);
  }

  /** @param {Line} line */
  #changed(line) {
    const state = line.pc.connectionState;
    if (line === this.#next) {
      if (state === "connected") this.#adopt(line);
      else if (state === "failed" || state === "closed") this.#again(line);
    } else if (line === this.#current) {
      clearTimeout(this.#patience);
      if (state === "disconnected") {
        this.#patience = setTimeout(() => this.#renew(), DISCONNECTED_LIMIT_MS);
      } else if (state === "failed" || state === "closed") {
        this.#renew();
      }
    }
    this.#tellState();
  }

  #renew() {
    if (this.#wanted && !this.#next) this.connect();
  }

  /** @param {Line} line */
  #adopt(line) {
    clearTimeout(line.limit);
    clearTimeout(this.#patience);
    this.#former?.close();
    this.#former = this.#current;
    this.#current = line;
    this.#next = null;
    line.encode(this.#active, this.#thrifty);
    this.#handOver(line);
    if (!line.connected) {
      line.connected = true;
      if (!performance.getEntriesByName("media-connected").length) performance.mark("media-connected");
    }
  }

  /** Each jack goes over when the new connection carries it, all that are silent at the end. @param {Line} line */
  #handOver(line) {
    const former = this.#former;
    const left = new Map(line.receivers);
    /** @param {string} name @param {RTCRtpReceiver} receiver */
    const give = (name, receiver) => {
      if (line === this.#current && left.delete(name)) this.handlers.jack(name, receiver.track, receiver);
    };
    for (const [name, receiver] of line.receivers) {
      if (!former || !receiver.track.muted) give(name, receiver);
      else receiver.track.addEventListener("unmute", () => give(name, receiver), { once: true });
    }
    if (!former) return;
    setTimeout(() => {
      for (const [name, receiver] of [...left]) give(name, receiver);
      former.close();
      if (former === this.#former) this.#former = null;
    }, OVERLAP_MS);
  }

  #tellState() {
    const state = this.#stateNow();
    if (state === this.#state) return;
    this.#state = state;
    this.handlers.state(state);
  }

  /** @returns {MediaState} */
  #stateNow() {
    const current = this.#current?.pc.connectionState;
    if (current === "connected") return "connected";
    if (this.#next) return "connecting";
    if (current === "disconnected") return "disconnected";
    return this.#current || this.#wanted ? "failed" : "none";
  }
}
