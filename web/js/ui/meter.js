/** The level bar of a microphone with a word beside it. */

import { classify, decibels, meterPosition } from "../core/level.js";
import { setData, setText } from "./dom.js";

/** @typedef {import("../core/level.js").Frame} Frame */
/** @typedef {import("../core/level.js").Loudness} Loudness */

const WINDOW = 150;
const REDRAW_MS = 60;
const FALL = 0.85;

/** What each word means for the person. @type {Readonly<Record<Loudness, {text: string, advice: string}>>} */
export const LOUDNESS = {
  ok: { text: "Слышно хорошо", advice: "" },
  quiet: { text: "Слышно тихо", advice: "Говорите чуть громче или сядьте ближе к микрофону." },
  silent: {
    text: "Звука нет",
    advice:
      "Скажите что-нибудь. Если полоска не двигается — проверьте, не выключен ли микрофон кнопкой на наушниках или ноутбуке.",
  },
  clipping: {
    text: "Слишком громко, звук искажается",
    advice: "Отодвиньтесь от микрофона или говорите немного тише.",
  },
  noisy: {
    text: "Вокруг шумно",
    advice: "Закройте окно и дверь, выключите телевизор и музыку. Наушники с микрофоном тоже помогут.",
  },
};

export class Meter {
  /** @type {Frame[]} */
  #frames = [];
  #shown = 0;
  #drawnAt = 0;
  #heard = 0;

  /** @param {HTMLElement} root contains [data-meter-fill] and, if there is one, [data-meter-word] */
  constructor(root) {
    this.root = root;
    this.fill = /** @type {HTMLElement} */ (root.querySelector("[data-meter-fill]"));
    this.word = root.querySelector("[data-meter-word]");
  }

  /** @param {Frame} frame */
  add(frame) {
    this.#frames.push(frame);
    this.#heard += 1;
    if (this.#frames.length > WINDOW) this.#frames.shift();
    this.#shown = Math.max(meterPosition(decibels(frame.rms)), this.#shown * FALL);
    const now = performance.now();
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.fill.style.transform = `scaleX(${this.#shown.toFixed(3)})`;
    if (this.#frames.length < WINDOW / 3 || this.#heard % 8 > 2) return;
    const { loudness } = classify(this.#frames);
    setData(this.root, "loudness", loudness);
    if (this.word) setText(this.word, LOUDNESS[loudness].text);
  }

  reset() {
    this.#frames = [];
    this.#shown = 0;
    this.fill.style.transform = "scaleX(0)";
    setData(this.root, "loudness", null);
    if (this.word) setText(this.word, "Говорите — полоска покажет звук");
  }
}
