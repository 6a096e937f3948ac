/**
 * The whole conference for those who see everything: participant, examiner, screen, a third person.
 *
 * Elements: #conference [data-screen-on] [data-third], #tile-participant, #tile-examiner, #tile-screen, #tile-third,
 * #current-name, #elapsed.
 */

import { elapsed } from "../core/format.js";
import { $, setData, setText } from "./dom.js";
import { screenEnded, Tile } from "./tile.js";

/** @typedef {import("../pages/link.js").Link} Link */
/**
 * @typedef {object} Shown
 * @property {string|null} source what changes when another participant comes
 * @property {string} name
 * @property {string} about
 * @property {number|null} admittedAt
 * @property {number|null} begunAt
 * @property {string} empty what to say while nobody is in the conference
 */

export class Conference {
  /** @type {Shown|null} */
  #shown = null;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    this.root = $("conference");
    const wait = "Ждём изображение…";
    this.participant = new Tile($("tile-participant"), {
      none: "Никого нет на связи",
      wait,
      lost: "Камера не передаёт изображение",
    });
    this.examiner = new Tile($("tile-examiner"), { none: "", wait, lost: "Нет изображения" });
    this.third = new Tile(
      $("tile-third"),
      { none: "", wait, lost: "Нет изображения" },
      { change: (live) => setData(this.root, "third", live ? "yes" : "no") },
    );
    this.screen = new Tile(
      $("tile-screen"),
      { none: "", wait: "", lost: "" },
      {
        change: (live) => setData(this.root, "screenOn", live ? "yes" : "no"),
        stale: (silent) =>
          screenEnded(
            silent,
            ["examiner-voice", "participant-voice"].some((jack) => link.jacks.flowing(jack)),
          ),
      },
    );
    setInterval(() => this.#tick(), 500);
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    for (const tile of [this.participant, this.examiner, this.third, this.screen]) tile.from(shown.source);
    setText($("current-name"), shown.source === null ? shown.empty : shown.name);
    setText($("current-about"), shown.source === null ? "" : shown.about);
    this.#tick();
  }

  #tick() {
    const since = this.#shown?.source ? (this.#shown.begunAt ?? this.#shown.admittedAt) : null;
    setText($("elapsed"), since === null ? "" : elapsed(this.link.clock.now() - since));
    setText($("elapsed-label"), since === null ? "" : this.#shown?.begunAt ? "Собеседование" : "На связи");
  }
}
