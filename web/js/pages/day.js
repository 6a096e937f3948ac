/** The board of the day comes anew every few seconds; whoever is reading a place or filling in a form stays there. */

const EVERY = 5000;

const board = () => document.getElementById("day-board");

/** Somebody writes or has opened a form: then the board waits. @param {Element} element */
function inUse(element) {
  const active = document.activeElement;
  return (
    element.querySelector("details[open]") !== null ||
    (active !== null && element.contains(active) && active.matches("input, select, textarea"))
  );
}

/** The place of an element among its like, so that it is found in the new board. @param {Element} root @param {Element} one */
function placeOf(root, one) {
  const words = one.textContent?.trim() ?? "";
  const alike = [...root.querySelectorAll(one.tagName)].filter(
    (other) => other.textContent?.trim() === words,
  );
  return { tag: one.tagName, words, at: alike.indexOf(one) };
}

async function renew() {
  const now = board();
  if (!now || document.hidden || inUse(now)) return;
  const response = await fetch(`${location.pathname}/board`);
  if (!response.ok) return;
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("day-board");
  if (!fresh || inUse(now) || fresh.outerHTML === now.outerHTML) return;
  const active = document.activeElement;
  const place = active && now.contains(active) ? placeOf(now, active) : null;
  now.replaceWith(document.adoptNode(fresh));
  if (!place) return;
  const found = [...fresh.querySelectorAll(place.tag)].filter(
    (one) => one.textContent?.trim() === place.words,
  )[place.at];
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

async function go() {
  try {
    await renew();
  } catch {
    // The next round tries again; the time on the page says how old it is.
  }
  setTimeout(go, EVERY);
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-refresh]") : null;
  if (!link) return;
  event.preventDefault();
  renew().catch(() => location.reload());
});
if (board()?.dataset.live === "yes") setTimeout(go, EVERY);
