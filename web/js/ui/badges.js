/** The small labels beside a name. */

import { timeOfDay } from "../core/format.js";
import { h } from "./dom.js";
import { alarmText, readiness, STATES } from "./people.js";

/** @typedef {import("../core/wire.js").QueueEntry} QueueEntry */
/** @typedef {[tone: string, text: string]} Badge */

const OVER = new Set(["finished", "no_show", "removed"]);

/** Whether the interview has ended, one way or another. @param {string} state */
export function isOver(state) {
  return OVER.has(state);
}

/** What is to be known of a person at a glance, the troubles before the rest. @param {QueueEntry} entry @returns {Badge[]} */
export function badgesOf(entry) {
  const { text, tone } = STATES[entry.state] ?? { text: entry.state, tone: "quiet" };
  const since = entry.state === "waiting" && entry.waiting_since;
  const over = isOver(entry.state);
  /** @type {Badge[]} */
  const badges = [];
  const refused = entry.alarms.includes("refused");
  if (refused) badges.push(["alarm", alarmText("refused")]);
  if (entry.next) badges.push(["next", "Следующий"]);
  if (!refused) badges.push([tone, since ? `Ждёт с ${timeOfDay(since)}` : text]);
  if (entry.ovz) badges.push(["ovz", "ОВЗ"]);
  if (!entry.present && !over && entry.state !== "invited") badges.push(["bad", "Не на связи"]);
  if (entry.help) badges.push(["bad", "Просит помощи"]);
  for (const kind of entry.alarms) if (kind !== "refused") badges.push(["bad", alarmText(kind)]);
  if (!over) for (const word of readiness(entry)) badges.push([word.tone, word.text]);
  return badges;
}

/** @param {Element|null} holder @param {readonly Badge[]} badges */
export function fillBadges(holder, badges) {
  if (!(holder instanceof HTMLElement)) return;
  const signature = JSON.stringify(badges);
  if (holder.dataset.signature === signature) return;
  holder.dataset.signature = signature;
  holder.replaceChildren(
    ...badges.map(([tone, text]) => h("span", { class: "badge", "data-tone": tone }, text)),
  );
}
