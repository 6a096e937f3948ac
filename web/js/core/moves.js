/** Where a card of the plan goes: pure functions of the columns as they stand. */

/** @typedef {{room: number, cards: number[]}} Column a room with those of its participants who can be moved, in order */
/** @typedef {{room: number, position: number}} Target `position` counts from 1 among the others of that room */

/**
 * The place before another card, or at the end of the room.
 * @param {readonly Column[]} columns
 * @param {number} card
 * @param {number} room
 * @param {number|null} before
 * @returns {Target|null} null where nothing would change
 */
export function dropped(columns, card, room, before) {
  const column = columns.find((one) => one.room === room);
  if (!column || before === card) return null;
  const others = column.cards.filter((one) => one !== card);
  const place = before === null ? others.length : others.indexOf(before);
  if (place < 0) return null;
  if (column.cards.indexOf(card) === place) return null;
  return { room, position: place + 1 };
}

/**
 * One step by an arrow key: up and down in the room, left and right to the neighbour at the same height.
 * @param {readonly Column[]} columns
 * @param {number} card
 * @param {string} key
 * @returns {Target|null}
 */
export function stepped(columns, card, key) {
  const at = columns.findIndex((one) => one.cards.includes(card));
  const column = columns[at];
  if (!column) return null;
  const place = column.cards.indexOf(card);
  if (key === "ArrowUp") return place > 0 ? { room: column.room, position: place } : null;
  if (key === "ArrowDown")
    return place < column.cards.length - 1 ? { room: column.room, position: place + 2 } : null;
  const next = columns[at + (key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : Number.NaN)];
  if (!next) return null;
  return { room: next.room, position: Math.min(place, next.cards.length) + 1 };
}
