/** The server's clock as the page sees it, from the quickest of the last answers. */

export class ServerClock {
  /** @type {{offset: number, roundTrip: number, at: number}|null} */
  #best = null;

  /**
   * @param {number} serverNow ms since epoch, as the server said
   * @param {number} [roundTrip] ms between question and answer
   */
  observe(serverNow, roundTrip = 200) {
    const at = performance.now();
    const offset = serverNow + roundTrip / 2 - at;
    const stale = this.#best && at - this.#best.at > 60_000;
    if (!this.#best || stale || roundTrip <= this.#best.roundTrip) this.#best = { offset, roundTrip, at };
  }

  /** @returns {number} ms since epoch by the server's clock */
  now() {
    return this.#best ? performance.now() + this.#best.offset : Date.now();
  }
}
