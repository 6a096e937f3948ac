import assert from "node:assert/strict";
import { test } from "node:test";
import {
  elapsed,
  estimate,
  kilobits,
  longDate,
  milliseconds,
  percent,
  plural,
  shortName,
  timeOfDay,
  until,
  useZone,
} from "../../web/js/core/format.js";

const MINUTE = 60_000;

test("a duration is a clock", () => {
  assert.equal(elapsed(0), "00:00");
  assert.equal(elapsed(192_400), "03:12");
  assert.equal(elapsed(3_723_000), "1:02:03");
  assert.equal(elapsed(-5000), "00:00");
});

test("numerals take the right word", () => {
  const words = [1, 2, 5, 11, 12, 21, 22, 25, 111, 101].map((n) => plural(n, "минута", "минуты", "минут"));
  assert.deepEqual(words, [
    "минута",
    "минуты",
    "минут",
    "минут",
    "минут",
    "минута",
    "минуты",
    "минут",
    "минут",
    "минута",
  ]);
});

test("the time left is rounded up and in words", () => {
  assert.equal(until(20_000), "меньше минуты");
  assert.equal(until(2 * MINUTE), "2 минуты");
  assert.equal(until(60 * MINUTE), "1 час");
  assert.equal(until(95 * MINUTE), "1 час 35 минут");
  assert.equal(until(49 * 60 * MINUTE), "2 дня");
});

test("an estimate tells minutes only, and nothing when unknown", () => {
  assert.equal(estimate(null), "");
  assert.equal(estimate(0), "Осталось несколько минут");
  assert.equal(estimate(25), "Ждать примерно 25 минут");
});

test("times and dates are Russian", () => {
  assert.equal(timeOfDay(Date.UTC(2026, 1, 11, 6, 5), "Europe/Moscow"), "09:05");
  assert.equal(longDate("2026-02-11"), "11 февраля 2026 г.");
  assert.equal(longDate("когда-нибудь"), "когда-нибудь");
});

test("measures have units, and a dash when unknown", () => {
  assert.equal(percent(0.034), "3,4 %");
  assert.equal(percent(0), "0 %");
  assert.equal(percent(0.5), "50 %");
  assert.equal(percent(null), "—");
  assert.equal(milliseconds(42.4), "42 мс");
  assert.equal(milliseconds(undefined), "—");
  assert.equal(kilobits(640), "640 кбит/с");
  assert.equal(kilobits(1200), "1,2 Мбит/с");
  assert.equal(kilobits(Number.NaN), "—");
});

test("a name is shortened to its initials", () => {
  assert.equal(shortName("Голенищева-Кутузова Елизавета Константиновна"), "Голенищева-Кутузова Е. К.");
  assert.equal(shortName("Ким Алексей"), "Ким А.");
  assert.equal(shortName(""), "");
});

test("the times of a page are the school's, whatever zone the computer is set to", () => {
  const at = Date.UTC(2026, 1, 10, 21, 0);
  useZone("Asia/Kamchatka");
  assert.equal(timeOfDay(at), "09:00");
  useZone("Europe/Kaliningrad");
  assert.equal(timeOfDay(at), "23:00");
  assert.equal(timeOfDay(at, "UTC"), "21:00");
});
