/**
 * The participant's stage: the examiner, the shared screen, a third person.
 *
 * Elements: .interview[data-screen-on][data-third], #tile-staff, #tile-screen, #tile-third, #zoom-screen.
 */

import { $, press, setData, setText, show } from "./dom.js";
import { screenEnded, Tile } from "./tile.js";

const ALIVE_MS = 1500;

export class Stage {
  /** What the server says of the screen. @type {boolean|null|undefined} */
  #screen = null;

  /** @param {import("../core/jacks.js").JackBoard} jacks */
  constructor(jacks) {
    this.root = /** @type {HTMLElement} */ (document.querySelector(".interview"));
    this.staff = new Tile($("tile-staff"), {
      wait: "Экзаменатор подключается…",
      lost: "Ждём изображение экзаменатора. Если вы его слышите — продолжайте.",
    });
    this.third = new Tile($("tile-third"), {});
    this.screen = new Tile(
      $("tile-screen"),
      {},
      {
        change: (live) => {
          setData(this.root, "screenOn", live ? "yes" : "no");
          show($("zoom-screen"), live);
          if (!live) this.#zoom(false);
        },
        stale: (silent) => {
          const seen = performance.now() - this.staff.frameAt < ALIVE_MS;
          return screenEnded(silent, seen || jacks.flowing("staff-voice"), this.#screen);
        },
      },
    );
    press($("zoom-screen"), () => this.#zoom($("tile-screen").dataset.zoom !== "yes"));
  }

  /** @param {{on: boolean, third: boolean, screen: boolean|null|undefined}} now */
  show({ on, third, screen }) {
    this.#screen = screen;
    this.staff.from(on ? "staff" : null);
    // What the examiner has taken away is covered at once, whatever still arrives (D-20).
    this.screen.from(on && screen !== false ? "screen" : null);
    this.third.from(on && third ? "third" : null);
    setData(this.root, "third", third ? "yes" : "no");
  }

  /** The screen larger than the display, to be moved with a finger. @param {boolean} on */
  #zoom(on) {
    setData($("tile-screen"), "zoom", on ? "yes" : null);
    $("zoom-screen").setAttribute("aria-pressed", String(on));
    setText(/** @type {Element} */ ($("zoom-screen").querySelector("span")), on ? "Целиком" : "Крупнее");
  }
}
