/** Listening to one's own microphone: levels as they come, a short recording, and its playback. */

import { measure } from "./level.js";

/** @typedef {import("./level.js").Frame} Frame */

/** A browser without a loudspeaker may never say that the sound runs. */
const RESUME_LIMIT_MS = 500;

export class Ear {
  /** @type {AudioContext|null} */
  #context = null;
  /** @type {Promise<void>|null} */
  #ready = null;
  /** @type {MediaStreamAudioSourceNode|null} */
  #source = null;
  /** @type {AudioWorkletNode|null} */
  #tap = null;
  /** @type {Float32Array[]|null} */
  #recording = null;
  /** @type {AudioBufferSourceNode|null} */
  #player = null;

  /** @param {(frame: Frame) => void} onFrame called about 50 times a second while a track is listened to */
  constructor(onFrame) {
    this.onFrame = onFrame;
  }

  /** The context is made late: a browser lets it sound only after the first press on the page. */
  get #audio() {
    this.#context ??= new AudioContext();
    return this.#context;
  }

  /** @param {MediaStreamTrack} track */
  async listen(track) {
    const context = this.#audio;
    this.#ready ??= context.audioWorklet.addModule(new URL("./tap-worklet.js", import.meta.url));
    await this.#ready;
    this.deafen();
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#tap = new AudioWorkletNode(context, "tap", { numberOfInputs: 1, numberOfOutputs: 0 });
    this.#tap.port.onmessage = (event) => {
      const samples = /** @type {Float32Array} */ (event.data);
      this.#recording?.push(samples);
      this.onFrame(measure(samples));
    };
    this.#source.connect(this.#tap);
    await this.wake();
  }

  /** Call on a press: the browser allows sound then. */
  async wake() {
    if (this.#context?.state !== "suspended") return;
    const patience = new Promise((done) => setTimeout(done, RESUME_LIMIT_MS));
    await Promise.race([this.#context.resume().catch(() => undefined), patience]);
  }

  deafen() {
    this.#source?.disconnect();
    if (this.#tap) this.#tap.port.onmessage = null;
    this.#source = null;
    this.#tap = null;
  }

  /**
   * Keeps what is heard for a while.
   * @param {number} ms
   * @returns {Promise<{sound: AudioBuffer|null, frames: Frame[]}>}
   */
  async record(ms) {
    await this.wake();
    const pieces = /** @type {Float32Array[]} */ ([]);
    this.#recording = pieces;
    await new Promise((done) => setTimeout(done, ms));
    this.#recording = null;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (!length) return { sound: null, frames: [] };
    const sound = this.#audio.createBuffer(1, length, this.#audio.sampleRate);
    const channel = sound.getChannelData(0);
    let at = 0;
    for (const piece of pieces) {
      channel.set(piece, at);
      at += piece.length;
    }
    return { sound, frames: pieces.map(measure) };
  }

  /**
   * Plays a recording; resolves at its end or when hushed.
   * @param {AudioBuffer} sound
   */
  async play(sound) {
    this.hush();
    await this.wake();
    const player = this.#audio.createBufferSource();
    player.buffer = sound;
    player.connect(this.#audio.destination);
    this.#player = player;
    await new Promise((done) => {
      player.onended = () => done(undefined);
      player.start();
    });
    if (this.#player === player) this.#player = null;
  }

  hush() {
    this.#player?.stop();
    this.#player = null;
  }

  /** A soft two-note sign that something happened on the page; silent where sound is not allowed yet. */
  chime() {
    const context = this.#context;
    if (context?.state !== "running") return;
    [523.25, 783.99].forEach((frequency, index) => {
      const at = context.currentTime + index * 0.16;
      const tone = new OscillatorNode(context, { frequency });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.08, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0005, at + 0.35);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.4);
    });
  }

  close() {
    this.hush();
    this.deafen();
    void this.#context?.close().catch(() => undefined);
    this.#context = null;
    this.#ready = null;
  }
}
