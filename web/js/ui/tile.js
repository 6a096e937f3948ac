/**
 * A picture with a calm cover: covered until the first frame that came after its source changed, and again when no
 * frames come. A <figure data-tile> holds the video and a [data-cover-text]; data-live tells whether it is uncovered.
 */

import { setData, setText } from "./dom.js";

const STALE_MS = 3000;
const CHECK_MS = 400;

/** @typedef {{wait?: string, lost?: string, none?: string}} CoverWords */

/**
 * Whether a frame belongs to the source that was patched at `since`.
 * @param {number} receivedAt when it came, by the page's clock (ms)
 * @param {number} since
 */
export function isNew(receivedAt, since) {
  return receivedAt >= since;
}

export class Tile {
  #since = 0;
  #frameAt = Number.NEGATIVE_INFINITY;
  #visibleSince = 0;
  /** @type {string|null} */
  #source = null;
  #live = false;
  #frames = 0;

  /**
   * @param {HTMLElement} figure
   * @param {CoverWords} words
   * @param {{change?: (live: boolean) => void, stale?: (silentMs: number) => boolean}} [options]
   *   stale: decides itself whether a picture without new frames counts as gone
   */
  constructor(figure, words, options = {}) {
    this.figure = figure;
    this.words = words;
    this.options = options;
    const video = figure.querySelector("video");
    const text = figure.querySelector("[data-cover-text]");
    if (!video || !text) throw new Error("a tile needs a video and a cover");
    this.video = video;
    this.text = text;
    this.#watch();
    setInterval(() => this.#check(), CHECK_MS);
    document.addEventListener("visibilitychange", () => {
      this.#visibleSince = performance.now();
    });
    this.#draw();
  }

  get live() {
    return this.#live;
  }

  /** When the last frame was shown, by performance.now(). */
  get frameAt() {
    return this.#frameAt;
  }

  /** Whose picture it is now; a change covers the old one at once. @param {string|null} source */
  from(source) {
    if (source === this.#source) return;
    this.#source = source;
    this.#since = performance.now();
    this.#frameAt = Number.NEGATIVE_INFINITY;
    this.#set(false);
    this.#draw();
  }

  #watch() {
    const { video } = this;
    if ("requestVideoFrameCallback" in video) {
      /** @param {number} now @param {VideoFrameCallbackMetadata} frame */
      const each = (now, frame) => {
        this.#frame(frame.receiveTime ?? now);
        video.requestVideoFrameCallback(each);
      };
      video.requestVideoFrameCallback(each);
      return;
    }
    const old = /** @type {HTMLVideoElement} */ (video);
    setInterval(() => {
      const frames = old.getVideoPlaybackQuality?.().totalVideoFrames ?? Math.floor(old.currentTime * 10);
      if (frames !== this.#frames) this.#frame(performance.now());
      this.#frames = frames;
    }, 100);
  }

  /** @param {number} receivedAt */
  #frame(receivedAt) {
    if (this.#source === null || !isNew(receivedAt, this.#since)) return;
    this.#frameAt = performance.now();
    this.#set(true);
  }

  #check() {
    if (!this.#live || document.hidden) return;
    const silent = performance.now() - Math.max(this.#frameAt, this.#visibleSince);
    const gone = this.options.stale ? this.options.stale(silent) : silent > STALE_MS;
    if (gone) {
      this.#set(false);
      this.#draw();
    }
  }

  /** @param {boolean} live */
  #set(live) {
    setData(this.figure, "live", live ? "yes" : "no");
    if (live === this.#live) return;
    this.#live = live;
    this.options.change?.(live);
  }

  #draw() {
    const { wait = "", lost = "", none = "" } = this.words;
    if (this.#source === null) setText(this.text, none);
    else setText(this.text, this.#frameAt === Number.NEGATIVE_INFINITY ? wait : lost);
    setData(this.figure, "live", this.#live ? "yes" : "no");
  }
}

/**
 * Whether a shared screen has ended. The server may know (`said`); otherwise: its frames stopped while the rest of
 * the conference runs on. A screen that stands still brings a frame a second; a poor line stops everything, and the
 * last picture then stays.
 * @param {number} silentMs since the screen's last frame
 * @param {boolean} othersFlow whether voice or camera of the same conference come
 * @param {boolean|null|undefined} [said] the server's word: it is shown, it is not, unknown
 */
export function screenEnded(silentMs, othersFlow, said) {
  if (said === false) return true;
  return silentMs > (othersFlow && said !== true ? 2600 : 30_000);
}
