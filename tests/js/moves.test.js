import assert from "node:assert/strict";
import { test } from "node:test";
import { dropped, stepped } from "../../web/js/core/moves.js";

const columns = [
  { room: 7, cards: [1, 2, 3] },
  { room: 12, cards: [4] },
  { room: 15, cards: [] },
];

test("a card dropped before another takes its place", () => {
  assert.deepEqual(dropped(columns, 3, 7, 1), { room: 7, position: 1 });
  assert.deepEqual(dropped(columns, 4, 7, 2), { room: 7, position: 2 });
  assert.deepEqual(dropped(columns, 1, 7, 3), { room: 7, position: 2 });
});

test("a card dropped below all others comes last", () => {
  assert.deepEqual(dropped(columns, 1, 7, null), { room: 7, position: 3 });
  assert.deepEqual(dropped(columns, 1, 15, null), { room: 15, position: 1 });
});

test("a card dropped where it already is moves nothing", () => {
  assert.equal(dropped(columns, 1, 7, 1), null);
  assert.equal(dropped(columns, 1, 7, 2), null);
  assert.equal(dropped(columns, 3, 7, null), null);
  assert.equal(dropped(columns, 1, 99, null), null);
});

test("arrows up and down change places with the neighbour, and stop at the ends", () => {
  assert.deepEqual(stepped(columns, 2, "ArrowUp"), { room: 7, position: 1 });
  assert.deepEqual(stepped(columns, 2, "ArrowDown"), { room: 7, position: 3 });
  assert.equal(stepped(columns, 1, "ArrowUp"), null);
  assert.equal(stepped(columns, 3, "ArrowDown"), null);
});

test("arrows left and right go to the next room at the same height", () => {
  assert.deepEqual(stepped(columns, 3, "ArrowRight"), { room: 12, position: 2 });
  assert.deepEqual(stepped(columns, 4, "ArrowLeft"), { room: 7, position: 1 });
  assert.equal(stepped(columns, 1, "ArrowLeft"), null);
  assert.equal(stepped(columns, 1, "Enter"), null);
});
