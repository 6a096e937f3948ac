/** Keeps the screen of the device from going dark. */

export class WakeLock {
  #wanted = false;
  /** @type {WakeLockSentinel|null} */
  #sentinel = null;

  constructor() {
    document.addEventListener("visibilitychange", () => void this.#apply());
  }

  /** @param {boolean} on */
  keep(on) {
    if (on === this.#wanted) return;
    this.#wanted = on;
    void this.#apply();
  }

  async #apply() {
    if (!this.#wanted) {
      const held = this.#sentinel;
      this.#sentinel = null;
      await held?.release().catch(() => undefined);
      return;
    }
    if (document.hidden || (this.#sentinel && !this.#sentinel.released)) return;
    this.#sentinel = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }
}
