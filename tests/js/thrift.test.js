import assert from "node:assert/strict";
import { test } from "node:test";

import { POOR, POOR_MS, Thrift } from "../../web/js/core/thrift.js";

/** What is decided second by second. @param {Thrift} thrift @param {(number|null)[]} available @param {number} from s */
function seconds(thrift, available, from = 0) {
  return available.map((bits, n) => thrift.observe(bits, (from + n) * 1000));
}

test("a moment of a poor line changes nothing", () => {
  const thrift = new Thrift();
  assert.ok(!seconds(thrift, [1e6, POOR - 1, POOR - 1, 1e6, null, POOR - 1, 1e6]).some(Boolean));
});

test("a line that stays poor carries the voice alone", () => {
  const said = seconds(new Thrift(), [1e6, ...Array(6).fill(64_000)]);
  assert.equal(said.indexOf(true), 1 + POOR_MS / 1000);
  assert.equal(said.at(-1), true);
});

test("the picture is tried again after half a minute, and after a relapse in five", () => {
  const thrift = new Thrift();
  seconds(thrift, Array(4).fill(64_000));
  assert.ok(thrift.on);
  assert.equal(thrift.observe(1e6, 31_000), true);
  assert.equal(thrift.observe(64_000, 34_000), true, "the line is as poor as before");
  assert.equal(thrift.observe(1e6, 35_000), false);
  seconds(thrift, Array(4).fill(64_000), 36);
  assert.ok(thrift.on);
  assert.equal(thrift.observe(1e6, 300_000), true);
  assert.equal(thrift.observe(1e6, 340_000), false);
});

test("what was seen before a pause is forgotten", () => {
  const thrift = new Thrift();
  seconds(thrift, Array(4).fill(64_000));
  thrift.forget();
  assert.equal(thrift.observe(64_000, 5000), false);
});
