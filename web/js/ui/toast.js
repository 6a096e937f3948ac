/** Short messages at the edge of the page, read out by screen readers. */

import { h } from "./dom.js";

const STAY_MS = 7000;

/** @param {string} text @param {"info"|"good"|"bad"} [tone] */
export function toast(text, tone = "info") {
  const shelf = document.getElementById("toasts");
  if (!shelf || !text) return;
  const same = [...shelf.children].find((child) => child.textContent === text);
  same?.remove();
  const message = h(
    "div",
    { class: "toast", "data-tone": tone, role: tone === "bad" ? "alert" : "status" },
    text,
  );
  shelf.append(message);
  setTimeout(() => message.remove(), STAY_MS);
}
