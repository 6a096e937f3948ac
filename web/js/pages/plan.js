/** The board of the plan: cards are dragged, moved by arrows, or sent by the form; each move is the server's to judge. */
import { dropped, stepped } from "../core/moves.js";
import { $, h, show } from "../ui/dom.js";

/** @typedef {{ok: boolean, said: string, board: string}} Answer */

const board = () => $("board");
const mover = document.getElementById("mover");
const form = /** @type {HTMLFormElement|null} */ (document.getElementById("mover-form"));
/** @type {number|null} */
let dragged = null;
let busy = false;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let saying;
const SAID_FOR = 6000;

/** @returns {import("../core/moves.js").Column[]} */
function columns() {
  return [...board().querySelectorAll("[data-room]")].map((room) => ({
    room: Number(/** @type {HTMLElement} */ (room).dataset.room),
    cards: [...room.querySelectorAll("[data-card][data-fixed=no]")].map((card) =>
      Number(/** @type {HTMLElement} */ (card).dataset.card),
    ),
  }));
}

/** @param {FormData} data @param {number|null} card whose name gets the focus afterwards */
async function send(data, card) {
  if (busy) return;
  busy = true;
  board().setAttribute("aria-busy", "true");
  try {
    const response = await fetch(location.pathname, {
      method: "POST",
      body: new URLSearchParams(/** @type {[string, string][]} */ ([...data])),
      headers: { Accept: "application/json" },
    });
    if (response.status !== 200 && response.status !== 422) throw new Error(String(response.status));
    take(/** @type {Answer} */ (await response.json()), card);
  } catch {
    say("Не получилось. Проверьте связь и попробуйте ещё раз.");
  } finally {
    busy = false;
    board().removeAttribute("aria-busy");
  }
}

/** @param {Answer} answer @param {number|null} card */
function take(answer, card) {
  const parsed = new DOMParser().parseFromString(answer.board, "text/html").getElementById("board");
  if (parsed) board().replaceWith(document.adoptNode(parsed));
  prepare();
  say(answer.said);
  if (card !== null) {
    const name = board().querySelector(`[data-card="${card}"] [data-grip]`);
    if (name instanceof HTMLElement) name.focus();
  }
}

/** @param {string} text */
function say(text) {
  const said = $("said");
  said.textContent = text;
  said.classList.remove("visually-hidden");
  said.classList.add("plan-said");
  clearTimeout(saying);
  saying = setTimeout(() => {
    said.classList.replace("plan-said", "visually-hidden");
  }, SAID_FOR);
}

/** @param {number} card @param {import("../core/moves.js").Target|null} target */
function move(card, target) {
  if (!target) return;
  const data = new FormData();
  data.set("csrf", csrf());
  data.set("action", "move");
  data.set("participant", String(card));
  data.set("room", String(target.room));
  data.set("position", String(target.position));
  send(data, card);
}

function csrf() {
  const field = document.querySelector("input[name=csrf]");
  return field instanceof HTMLInputElement ? field.value : "";
}

/** @param {EventTarget|null} target */
function cardOf(target) {
  const card = target instanceof Element ? target.closest("[data-card]") : null;
  return card instanceof HTMLElement ? card : null;
}

function prepare() {
  for (const card of board().querySelectorAll("[data-card][data-fixed=no]")) {
    if (card.querySelector("[data-grip]")) card.setAttribute("draggable", "true");
  }
}

document.addEventListener("dragstart", (event) => {
  const card = cardOf(event.target);
  if (!card) return;
  dragged = Number(card.dataset.card);
  card.dataset.dragged = "yes";
  event.dataTransfer?.setData("text/plain", String(dragged));
});
document.addEventListener("dragend", (event) => {
  const card = cardOf(event.target);
  if (card) delete card.dataset.dragged;
  dragged = null;
  mark(null);
});

/** @param {Element|null} place where it would drop */
function mark(place) {
  for (const one of document.querySelectorAll("[data-over]")) one.removeAttribute("data-over");
  place?.setAttribute("data-over", "yes");
}

document.addEventListener("dragover", (event) => {
  const room = event.target instanceof Element ? event.target.closest("[data-room]") : null;
  if (dragged === null || !room) return;
  event.preventDefault();
  mark(cardOf(event.target) ?? room);
});
document.addEventListener("drop", (event) => {
  const room = event.target instanceof Element ? event.target.closest("[data-room]") : null;
  if (dragged === null || !(room instanceof HTMLElement)) return;
  event.preventDefault();
  const before = cardOf(event.target);
  const fixed = before?.dataset.fixed === "yes";
  const place = before && !fixed ? Number(before.dataset.card) : null;
  move(dragged, dropped(columns(), dragged, Number(room.dataset.room), place));
  mark(null);
});

document.addEventListener("keydown", (event) => {
  const grip = event.target instanceof Element ? event.target.closest("[data-grip]") : null;
  const card = cardOf(grip);
  if (!card || event.altKey || event.ctrlKey || event.metaKey || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const number = Number(card.dataset.card);
  const target = stepped(columns(), number, event.key);
  if (target) move(number, target);
  else say("Дальше некуда.");
});

/** The form of the page in a dialog of its own. */
const dialog = h("dialog", { class: "dialog", "aria-labelledby": "mover-title" });
if (mover && form) {
  const close = h(
    "button",
    { type: "button", class: "button", click: () => dialog.close() },
    "Не перемещать",
  );
  form.querySelector(".buttons")?.append(close);
  form.prepend(h("h2", { id: "mover-title" }, "Переместить участника"));
  dialog.append(form);
  document.body.append(dialog);
  mover.remove();
  for (const hint of document.querySelectorAll("[data-keys]")) show(hint, true);
  document.addEventListener("click", (event) => {
    const grip = event.target instanceof Element ? event.target.closest("[data-grip]") : null;
    const card = cardOf(grip);
    if (!card) return;
    const time = card.querySelector(".plan-time")?.textContent ?? "";
    const room = card.closest("[data-room]");
    set("participant", card.dataset.card ?? "");
    set("room", room instanceof HTMLElement ? (room.dataset.room ?? "") : "");
    set("at", time);
    dialog.showModal();
  });
}

/** @param {string} name @param {string} value */
function set(name, value) {
  const field = form?.elements.namedItem(name);
  if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
}

document.addEventListener("submit", (event) => {
  const sent = event.target;
  if (!(sent instanceof HTMLFormElement) || !sent.hasAttribute("data-send")) return;
  event.preventDefault();
  const data = new FormData(sent);
  dialog.close();
  send(data, sent === form ? Number(data.get("participant")) : null);
});

if (document.getElementById("board")) prepare();
