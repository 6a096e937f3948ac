/** The browser keeps the voices silent until a press: one big button for it. */

import { $, show } from "./dom.js";

let bound = false;

/**
 * @param {boolean} blocked the voices are kept silent
 * @param {boolean} due somebody is to be heard now; otherwise any press anywhere is soon enough
 * @param {() => Promise<void>} unblock
 */
export function bindListen(blocked, due, unblock) {
  const overlay = $("listen-overlay");
  if (!bound) {
    bound = true;
    for (const event of ["pointerup", "keydown", "click"]) {
      document.addEventListener(event, () => void unblock(), { capture: true });
    }
  }
  document.body.dataset.muted = blocked ? "yes" : "no";
  const asked = !overlay.hidden;
  show(overlay, blocked && due);
  if (blocked && due && !asked) $("listen").focus();
}
