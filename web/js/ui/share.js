/**
 * The examiner's screen, shown to the participant: chosen in the browser's window, put into the plug, taken out.
 *
 * Elements: #share-start, #share-stop, #share-preview in #tile-share[data-live].
 */

import { $, press, setData, show, typed } from "./dom.js";
import { toast } from "./toast.js";

export class ScreenShare {
  /** The screen that was chosen. @type {MediaStreamTrack|null} */
  #track = null;
  /** Whether the participant gets it. */
  shown = false;

  /**
   * @param {object} at
   * @param {(track: MediaStreamTrack|null) => Promise<void>} at.plug
   * @param {(on: boolean) => void} at.tell the server, which takes the screen away from the participant at once
   */
  constructor(at) {
    this.at = at;
    press($("share-start"), () => this.#start());
    press($("share-stop"), () => this.end());
  }

  /** Another participant must not see what was shown to the last one: stays chosen, is taken out. */
  async pause() {
    if (!this.shown) return;
    await this.#put(false);
    toast("Показ экрана остановлен: участник сменился.");
  }

  /** Gives the screen back to the browser. */
  async end() {
    if (this.#track) {
      this.#track.onended = null;
      this.#track.stop();
      this.#track = null;
    }
    await this.#put(false);
  }

  async #start() {
    if (this.#track?.readyState !== "live") this.#track = await this.#choose();
    if (this.#track) await this.#put(true);
  }

  /** @returns {Promise<MediaStreamTrack|null>} */
  async #choose() {
    if (!navigator.mediaDevices?.getDisplayMedia) {
      toast(
        "Этот браузер не умеет показывать экран. Возьмите Chrome или Яндекс Браузер на компьютере.",
        "bad",
      );
      return null;
    }
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: true });
      const track = stream.getVideoTracks()[0] ?? null;
      if (!track) return null;
      track.contentHint = "detail";
      track.onended = () => {
        if (this.#track !== track) return;
        void this.end();
        toast("Показ экрана прекращён в браузере. Участник его больше не видит.", "bad");
      };
      return track;
    } catch (error) {
      const refused = error instanceof Error && error.name === "NotAllowedError";
      if (!refused) toast("Не получилось показать экран. Попробуйте ещё раз.", "bad");
      return null;
    }
  }

  /** @param {boolean} on */
  async #put(on) {
    const track = on ? this.#track : null;
    this.shown = track !== null;
    const preview = typed("share-preview", HTMLVideoElement);
    preview.srcObject = track ? new MediaStream([track]) : null;
    if (track) void preview.play().catch(() => undefined);
    setData($("tile-share"), "live", track ? "yes" : "no");
    show($("share-start"), !track);
    show($("share-stop"), track !== null);
    this.at.tell(this.shown);
    await this.at.plug(track);
  }
}
