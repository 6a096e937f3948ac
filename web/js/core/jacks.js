/**
 * The page's ends of the jacks: every jack's track goes to the element with its data-jack, for ever the same one.
 *
 * Voices are in <audio>, pictures in muted <video>. The board also knows which jacks bring something just now, and
 * whether the browser keeps the voices silent until somebody presses a button.
 */

/** @typedef {{track: MediaStreamTrack, receiver: RTCRtpReceiver, stamp: number, at: number}} Feed */

const POLL_MS = 400;

export class JackBoard {
  /** @type {Map<string, Feed>} */
  #feeds = new Map();
  /** @type {Set<HTMLMediaElement>} */
  #blocked = new Set();

  /** @param {(blocked: boolean) => void} onBlocked the voices are (no longer) kept silent by the browser */
  constructor(onBlocked) {
    this.onBlocked = onBlocked;
    setInterval(() => this.#poll(), POLL_MS);
  }

  /**
   * @param {string} jack
   * @returns {HTMLMediaElement|null}
   */
  element(jack) {
    return document.querySelector(`[data-jack="${jack}"]`);
  }

  /** @param {string} jack @param {MediaStreamTrack} track @param {RTCRtpReceiver} receiver */
  attach(jack, track, receiver) {
    this.#feeds.set(jack, { track, receiver, stamp: 0, at: Number.NEGATIVE_INFINITY });
    const element = this.element(jack);
    if (!element) return;
    element.srcObject = new MediaStream([track]);
    void this.#play(element);
  }

  /** Whether anything came over the jack within the last moments. @param {string} jack @param {number} [withinMs] */
  flowing(jack, withinMs = 1200) {
    const feed = this.#feeds.get(jack);
    return Boolean(feed && performance.now() - feed.at < withinMs);
  }

  get blocked() {
    return this.#blocked.size > 0;
  }

  /** Starts everything that was kept silent; call on a press. */
  async unblock() {
    const waiting = [...this.#blocked];
    await Promise.all(waiting.map((element) => this.#play(element)));
  }

  /** @param {HTMLMediaElement} element */
  async #play(element) {
    try {
      await element.play();
      this.#mark(element, false);
    } catch (error) {
      if (error instanceof Error && error.name === "NotAllowedError") this.#mark(element, true);
    }
  }

  /** @param {HTMLMediaElement} element @param {boolean} blocked */
  #mark(element, blocked) {
    const before = this.blocked;
    if (blocked) this.#blocked.add(element);
    else this.#blocked.delete(element);
    if (this.blocked !== before) this.onBlocked(this.blocked);
  }

  #poll() {
    for (const feed of this.#feeds.values()) {
      const newest = Math.max(
        0,
        ...feed.receiver.getSynchronizationSources().map((source) => source.timestamp),
      );
      if (newest > feed.stamp) {
        feed.stamp = newest;
        feed.at = performance.now();
      }
    }
  }
}
