import assert from "node:assert/strict";
import { test } from "node:test";

import { next, rows, title } from "../../web/js/core/rehearsal.js";

/** @type {import("../../web/js/core/wire.js").Problem[]} */
const PROBLEMS = [
  "camera",
  "microphone",
  "silent",
  "sound",
  "connection",
  "voice_lost",
  "picture_lost",
  "weak",
];

test("a ready device has three good rows and no advice", () => {
  const found = rows({ outcome: "ready", problems: [] }, true);
  assert.deepEqual(
    found.map(({ good, advice }) => [good, advice]),
    [
      [true, ""],
      [true, ""],
      [true, ""],
    ],
  );
});

test("every problem has its words and says what to do", () => {
  for (const problem of PROBLEMS) {
    const wrong = rows({ outcome: "unfit", problems: [problem] }, true).filter(({ good }) => !good);
    assert.equal(wrong.length, 1, problem);
    assert.ok((wrong[0]?.text.length ?? 0) > 8 && (wrong[0]?.advice.length ?? 0) > 20, problem);
  }
});

test("a line that was not tested is never called good", () => {
  const found = rows({ outcome: "untested", problems: [] }, false);
  assert.equal(found.length, 2);
  assert.ok(!found.some(({ text }) => text.includes("до школы")));
});

test("of a silent microphone nobody says that the voice arrives", () => {
  const found = rows({ outcome: "unfit", problems: ["silent"] }, true);
  assert.ok(!found.some(({ good, text }) => good && text.toLowerCase().includes("голос")));
});

test("each outcome has a title and a next step of its own", () => {
  const outcomes = /** @type {const} */ (["ready", "untested", "unfit"]);
  assert.equal(new Set(outcomes.map(title)).size, 3);
  assert.equal(new Set(outcomes.map(next)).size, 3);
});
