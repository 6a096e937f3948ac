/** The steps of an interview that are asked once before they are taken. */

import { ask } from "./dialog.js";

/** @typedef {import("../pages/link.js").Link} Link */
/** @typedef {{interview: import("../core/wire.js").Id, name: string, state: string}} Whom */

/** @param {Link} link @param {Whom} whom */
export async function finish(link, whom) {
  const yes = await ask({
    title: "Завершить собеседование?",
    text: `${whom.name} отключится от конференции, запись остановится.`,
    yes: "Завершить",
  });
  if (yes !== null) await link.ask({ type: "finish" });
}

/** @param {Link} link @param {Whom} whom */
export async function noShow(link, whom) {
  const yes = await ask({
    title: "Отметить неявку?",
    text: `${whom.name} не сможет войти, пока отметку не отменят.`,
    yes: "Отметить",
    danger: true,
  });
  if (yes !== null) await link.ask({ type: "no_show", interview: whom.interview });
}

/** @param {Link} link @param {Whom} whom @param {string} duty what else has to be done */
export async function remove(link, whom, duty) {
  const yes = await ask({
    title: "Удалить с собеседования?",
    text: `Конференция для участника закончится: ${whom.name}. ${duty}`,
    yes: "Удалить",
    danger: true,
  });
  if (yes !== null) await link.ask({ type: "remove", interview: whom.interview });
}

/** @type {Readonly<Record<string, {button: string, title: string, result: string}>>} */
const REVERSALS = {
  finished: {
    button: "Вернуть в собеседование…",
    title: "Вернуть в собеседование?",
    result: "Участник снова окажется на связи, время и запись продолжатся.",
  },
  no_show: { button: "Отменить неявку…", title: "Отменить неявку?", result: "Всё станет как до отметки." },
  removed: {
    button: "Отменить удаление…",
    title: "Отменить удаление?",
    result: "Всё станет как до удаления.",
  },
};

/** What taking back is called on a button. @param {string} state */
export function reversalText(state) {
  return REVERSALS[state]?.button ?? "";
}

/** @param {Link} link @param {Whom} whom */
export async function reverse(link, whom) {
  const words = REVERSALS[whom.state];
  if (!words) return;
  const reason = await ask({
    title: words.title,
    text: `${whom.name}. ${words.result} Причина останется в журнале.`,
    yes: "Вернуть",
    no: "Не менять",
    reason: "Причина",
  });
  if (reason !== null) await link.ask({ type: "reverse", interview: whom.interview, reason });
}
