/**
 * The person's own camera and microphone: opened on demand, watched, opened again when they end.
 *
 * `globalThis.__captureConstraints = {audio: {…}, video: {…}}`, set before the page loads, is merged over the
 * constraints (measurements need the browser's sound processing off).
 */

import { incapable, obstacleOf } from "./obstacles.js";

/** @typedef {import("./obstacles.js").Obstacle} Obstacle */
/** @typedef {"microphone"|"camera"} DeviceKind */
/** @typedef {{track: MediaStreamTrack|null, obstacle: Obstacle|null, muted: boolean}} DeviceState */
/**
 * @typedef {object} CaptureHandlers
 * @property {(kind: DeviceKind, track: MediaStreamTrack|null) => void} track a new track, or none any more
 * @property {() => void} change anything about the devices is different
 */

const REACQUIRE_MS = [300, 1000, 2000, 4000];

/** @type {MediaTrackConstraints} */
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
/** @type {MediaTrackConstraints} */
const CAMERA = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 30, max: 30 },
  facingMode: "user",
};

/** @returns {"insecure"|"old"|null} */
export function incapability() {
  return incapable({
    isSecureContext: globalThis.isSecureContext,
    mediaDevices: Boolean(navigator.mediaDevices?.getUserMedia),
    peerConnection:
      typeof RTCPeerConnection === "function" && "addTransceiver" in RTCPeerConnection.prototype,
    replaceTrack: typeof RTCRtpSender === "function" && "replaceTrack" in RTCRtpSender.prototype,
    audioWorklet: typeof AudioWorkletNode === "function",
  });
}

/** Whether the browser will open the devices without asking. @param {DeviceKind[]} kinds */
export async function alreadyAllowed(kinds) {
  try {
    const answers = await Promise.all(
      kinds.map((kind) => navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) })),
    );
    return answers.every((answer) => answer.state === "granted");
  } catch {
    return false;
  }
}

/** @param {DeviceKind} kind @param {string|undefined} id @returns {MediaTrackConstraints} */
function constraints(kind, id) {
  const override = /** @type {any} */ (globalThis).__captureConstraints ?? {};
  const base = kind === "camera" ? { ...CAMERA, ...override.video } : { ...MICROPHONE, ...override.audio };
  return id ? { ...base, deviceId: { exact: id } } : base;
}

export class Capture {
  /** @type {Record<DeviceKind, DeviceState>} */
  devices = {
    microphone: { track: null, obstacle: null, muted: false },
    camera: { track: null, obstacle: null, muted: false },
  };
  /** @type {Partial<Record<DeviceKind, string>>} */
  #chosen = {};
  /** @type {Partial<Record<DeviceKind, ReturnType<typeof setTimeout>>>} */
  #returning = {};
  #open = false;
  /** @type {Promise<void>|null} */
  #opening = null;

  /** @param {DeviceKind[]} kinds @param {CaptureHandlers} handlers */
  constructor(kinds, handlers) {
    this.kinds = kinds;
    this.handlers = handlers;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => {
      if (this.#open && this.missing.length) void this.open();
      this.handlers.change();
    });
  }

  /** The devices that are wanted and not there. */
  get missing() {
    return this.kinds.filter((kind) => !this.devices[kind].track);
  }

  get complete() {
    return this.missing.length === 0;
  }

  /** Whether somebody wants the devices now. */
  get wanted() {
    return this.#open;
  }

  /** Opens what is missing: together first, so that the browser asks once; then one by one, to learn what is wrong. */
  open() {
    this.#open = true;
    this.#opening ??= this.#openMissing().finally(() => {
      this.#opening = null;
      this.handlers.change();
    });
    return this.#opening;
  }

  async #openMissing() {
    const kinds = this.missing;
    if (!kinds.length) return;
    const lacking = incapability();
    if (lacking) {
      for (const kind of kinds) this.devices[kind].obstacle = lacking;
      return;
    }
    const [first, second] = kinds;
    if (first && second) {
      const error = await this.#request(kinds);
      if (error === null) return;
      if (
        error === "NotAllowedError" &&
        !(await alreadyAllowed([first])) &&
        !(await alreadyAllowed([second]))
      ) {
        for (const kind of kinds) this.devices[kind].obstacle = "denied";
        return;
      }
    }
    for (const kind of kinds) {
      const error = await this.#request([kind]);
      if (error !== null) this.devices[kind].obstacle = obstacleOf(error);
    }
  }

  /** @param {DeviceKind[]} kinds @returns {Promise<string|null>} the error's name */
  async #request(kinds) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: kinds.includes("microphone") && constraints("microphone", this.#chosen.microphone),
        video: kinds.includes("camera") && constraints("camera", this.#chosen.camera),
      });
      for (const track of stream.getTracks())
        this.#install(track.kind === "audio" ? "microphone" : "camera", track);
      return null;
    } catch (error) {
      const name = error instanceof Error ? error.name : "Error";
      if (name === "OverconstrainedError" && kinds.some((kind) => this.#chosen[kind])) {
        this.#chosen = {};
        return this.#request(kinds);
      }
      return name;
    }
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track */
  #install(kind, track) {
    if (!this.#open) {
      track.stop();
      return;
    }
    const device = this.devices[kind];
    device.track?.stop();
    clearTimeout(this.#returning[kind]);
    device.track = track;
    device.obstacle = null;
    device.muted = track.muted;
    track.onended = () => this.#ended(kind, track);
    track.onmute = () => this.#muted(kind, track, true);
    track.onunmute = () => this.#muted(kind, track, false);
    this.handlers.track(kind, track);
    this.handlers.change();
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track @param {boolean} muted */
  #muted(kind, track, muted) {
    if (this.devices[kind].track !== track) return;
    this.devices[kind].muted = muted;
    this.handlers.change();
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track */
  #ended(kind, track) {
    if (this.devices[kind].track !== track) return;
    this.devices[kind] = { track: null, obstacle: "failed", muted: false };
    this.handlers.track(kind, null);
    this.handlers.change();
    this.#comeBack(kind, 0);
  }

  /** @param {DeviceKind} kind @param {number} attempt */
  #comeBack(kind, attempt) {
    const pause = REACQUIRE_MS[attempt];
    if (pause === undefined || !this.#open) return;
    this.#returning[kind] = setTimeout(async () => {
      if (!this.#open || this.devices[kind].track) return;
      await this.open();
      if (!this.devices[kind].track) this.#comeBack(kind, attempt + 1);
    }, pause);
  }

  /** Another device of the person's. @param {DeviceKind} kind @param {string} id */
  async choose(kind, id) {
    this.#chosen[kind] = id;
    const device = this.devices[kind];
    if (device.track) {
      device.track.onended = null;
      device.track.stop();
      device.track = null;
      this.handlers.track(kind, null);
    }
    await this.open();
  }

  /** @param {DeviceKind} kind @returns {Promise<{id: string, label: string, chosen: boolean}[]>} */
  async choices(kind) {
    const wanted = kind === "camera" ? "videoinput" : "audioinput";
    const known = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const current = this.devices[kind].track?.getSettings().deviceId;
    return known
      .filter((device) => device.kind === wanted && device.label)
      .map((device) => ({ id: device.deviceId, label: device.label, chosen: device.deviceId === current }));
  }

  close() {
    this.#open = false;
    for (const kind of this.kinds) {
      clearTimeout(this.#returning[kind]);
      const { track } = this.devices[kind];
      if (track) {
        track.onended = null;
        track.stop();
        this.handlers.track(kind, null);
      }
      this.devices[kind] = { track: null, obstacle: null, muted: false };
    }
    this.handlers.change();
  }
}
