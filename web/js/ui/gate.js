/** The full page that stands before everything else: another window has the seat, or the link has ended. */

import { $, setText, show, typed } from "./dom.js";

/** @type {(() => void)|null} */
let action = null;
let bound = false;

/** @param {{title: string, text: string, button?: string, phone?: string, go?: () => void}} what */
function open(what) {
  const dialog = typed("gate", HTMLDialogElement);
  const button = $("gate-go");
  if (!bound) {
    bound = true;
    button.addEventListener("click", () => action?.());
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") event.preventDefault();
    });
  }
  action = what.go ?? null;
  setText($("gate-title"), what.title);
  setText($("gate-text"), what.text);
  show(button, Boolean(what.button));
  setText(button, what.button ?? "");
  for (const other of document.querySelectorAll("dialog[open]")) {
    if (other !== dialog && other instanceof HTMLDialogElement) other.close();
  }
  if (!dialog.open) dialog.showModal();
}

export function close() {
  const dialog = typed("gate", HTMLDialogElement);
  if (dialog.open) dialog.close();
}

/** @param {() => void} go */
export function taken(go) {
  open({
    title: "Продолжить здесь?",
    text: "Эта ссылка уже открыта в другом окне или на другом устройстве. Если продолжить здесь, там страница остановится.",
    button: "Продолжить здесь",
    go,
  });
}

/** @param {() => void} go */
export function moved(go) {
  open({
    title: "Собеседование открыто в другом окне",
    text: "Эту страницу можно закрыть. Если нужно продолжить именно здесь — верните её.",
    button: "Вернуть сюда",
    go,
  });
}

/** @param {() => void} go */
export function freed(go) {
  open({
    title: "Страница остановлена",
    text: "Технический специалист школы освободил это место. Если вы здесь и это ваша ссылка, продолжите.",
    button: "Продолжить здесь",
    go,
  });
}

/** @param {string} phone */
export function ended(phone) {
  open({
    title: "Ссылка больше не действует",
    text: `Школа заменила эту ссылку. Откройте новую, а если её нет — позвоните в школу: ${phone}`,
  });
}

export function outdated() {
  open({
    title: "Страница обновилась",
    text: "Обновите её, чтобы продолжить.",
    button: "Обновить страницу",
    go: () => location.reload(),
  });
}
