import assert from "node:assert/strict";
import { test } from "node:test";
import { classify, decibels, measure, meterPosition } from "../../web/js/core/level.js";

const RATE = 48_000;
const PIECE = 1024;

/** Pieces of a signal, as the microphone gives them. */
function frames(seconds, signal) {
  const pieces = [];
  for (let start = 0; start + PIECE <= seconds * RATE; start += PIECE) {
    pieces.push(measure(Float32Array.from({ length: PIECE }, (_, i) => signal((start + i) / RATE))));
  }
  return pieces;
}

/** Noise that is the same in each run. */
function noise(seed = 1) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return (state / 4_294_967_296) * 2 - 1;
  };
}

/** Words of 250 ms with pauses of 150 ms over the noise of a room. */
function speech(loud, room) {
  const hiss = noise();
  return (t) => (t % 0.4 < 0.25 ? loud * Math.sin(2 * Math.PI * 180 * t) : 0) + room * hiss();
}

test("an empty stretch is silent", () => {
  assert.equal(classify([]).loudness, "silent");
});

test("digital zero is silent", () => {
  assert.equal(classify(frames(2, () => 0)).loudness, "silent");
});

test("the hiss of a microphone that is switched off is silent, not noise", () => {
  const hiss = noise();
  assert.equal(classify(frames(2, () => 0.0004 * hiss())).loudness, "silent");
});

test("speech in a quiet room is good", () => {
  assert.equal(classify(frames(4, speech(0.25, 0.002))).loudness, "ok");
});

test("speech in a lively room is still good while it stands out", () => {
  assert.equal(classify(frames(4, speech(0.3, 0.02))).loudness, "ok");
});

test("a far voice is quiet", () => {
  assert.equal(classify(frames(4, speech(0.004, 0.0004))).loudness, "quiet");
});

test("a steady roar is noise", () => {
  const hiss = noise();
  assert.equal(classify(frames(4, () => 0.2 * hiss())).loudness, "noisy");
});

test("a voice that drowns in the roar is noise", () => {
  assert.equal(classify(frames(4, speech(0.1, 0.15))).loudness, "noisy");
});

test("a voice cut at the limit is clipping", () => {
  const loud = speech(2.5, 0.002);
  assert.equal(classify(frames(4, (t) => Math.max(-1, Math.min(1, loud(t))))).loudness, "clipping");
});

test("one knock on the table is not clipping", () => {
  const voice = speech(0.25, 0.002);
  assert.equal(classify(frames(5, (t) => (t > 2 && t < 2.03 ? 1 : voice(t)))).loudness, "ok");
});

test("decibels never fall below −100", () => {
  assert.equal(decibels(0), -100);
  assert.equal(decibels(1), 0);
  assert.ok(Math.abs(decibels(0.1) + 20) < 1e-9);
});

test("the meter is empty at −60 dBFS and full at −3", () => {
  assert.equal(meterPosition(-80), 0);
  assert.equal(meterPosition(-60), 0);
  assert.equal(meterPosition(-3), 1);
  assert.equal(meterPosition(0), 1);
});
