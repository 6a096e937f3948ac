/** One question in a <dialog>: yes, no, and a reason where one is due. */

import { $, setText, show, typed } from "./dom.js";

/**
 * @param {{title: string, text: string, yes: string, no?: string, danger?: boolean, reason?: string}} question
 *   reason: the label of the field for a reason; the answer is then that text
 * @returns {Promise<string|null>} null: no; otherwise the reason, "" where none was asked
 */
export function ask(question) {
  const dialog = typed("confirm", HTMLDialogElement);
  const form = typed("confirm-form", HTMLFormElement);
  const reason = typed("confirm-reason", HTMLTextAreaElement);
  const yes = $("confirm-yes");
  setText($("confirm-title"), question.title);
  setText($("confirm-text"), question.text);
  setText(yes, question.yes);
  setText($("confirm-no"), question.no ?? "Отмена");
  yes.classList.toggle("button-danger", question.danger === true);
  show($("confirm-reason-field"), Boolean(question.reason));
  setText($("confirm-reason-label"), question.reason ?? "");
  reason.value = "";
  reason.required = Boolean(question.reason);
  dialog.returnValue = "";
  if (dialog.open) dialog.close();
  return new Promise((answer) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      const text = reason.value.trim();
      if (question.reason && !text) {
        reason.focus();
        return;
      }
      dialog.close("yes");
    };
    $("confirm-no").onclick = () => dialog.close("no");
    dialog.onclose = () => answer(dialog.returnValue === "yes" ? reason.value.trim() : null);
    dialog.showModal();
    (question.reason ? reason : question.danger ? $("confirm-no") : yes).focus();
  });
}
