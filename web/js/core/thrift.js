/**
 * When a line carries no picture any more, and when one may be tried again. Pure.
 *
 * A voice that waits behind a picture is lost, so on a very poor line the picture goes. Whether it fits again shows
 * only when it is sent, at the voice's cost: so it is tried seldom, and after a relapse very seldom.
 */

export const POOR = 100_000; // bit/s that the browser may send: less is too little for voice and picture
export const POOR_MS = 2000; // so long
const FIRST_STAY_MS = 30_000;
const RELAPSE_MS = 60_000;
const LONG_STAY_MS = 300_000;

export class Thrift {
  /** Whether only the voice is sent. */
  on = false;
  /** @type {number|null} */
  #poorSince = null;
  #until = 0;
  #endedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param {number|null|undefined} available bit/s, as the browser reckons; nothing while it does not know
   * @param {number} now ms
   * @returns {boolean} whether only the voice is to be sent
   */
  observe(available, now) {
    if (this.on) {
      if (now >= this.#until && (available ?? 0) > POOR) {
        this.on = false;
        this.#endedAt = now;
      }
      this.#poorSince = null;
      return this.on;
    }
    if (available === null || available === undefined || available >= POOR) {
      this.#poorSince = null;
      return false;
    }
    this.#poorSince ??= now;
    if (now - this.#poorSince >= POOR_MS) {
      this.on = true;
      this.#until = now + (now - this.#endedAt < RELAPSE_MS ? LONG_STAY_MS : FIRST_STAY_MS);
    }
    return this.on;
  }

  /** Nothing is being sent now: what was seen says nothing about what comes. */
  forget() {
    this.on = false;
    this.#poorSince = null;
  }
}
