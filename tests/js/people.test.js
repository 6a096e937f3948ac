import assert from "node:assert/strict";
import { test } from "node:test";
import { firstTrouble } from "../../web/js/pages/troubles.js";
import { badgesOf } from "../../web/js/ui/badges.js";
import { readiness, recordingTroubles } from "../../web/js/ui/people.js";
import { possible } from "../../web/js/ui/queue.js";
import { reversalText } from "../../web/js/ui/steps.js";
import { urgentOf } from "../../web/js/ui/urgent.js";

const FINE = { microphone: true, camera: true, muted: false, withoutCamera: false, returned: false };

test("nothing is told while nothing is wrong", () => {
  assert.equal(firstTrouble(FINE), null);
});

test("a lost microphone is told before everything else", () => {
  const trouble = firstTrouble({ ...FINE, microphone: false, muted: true, returned: true });
  assert.equal(trouble?.kind, "microphone_lost");
  assert.equal(trouble?.title, "Микрофон не работает");
});

test("both devices lost are one trouble", () => {
  assert.equal(
    firstTrouble({ ...FINE, microphone: false, camera: false })?.title,
    "Камера и микрофон не работают",
  );
});

test("who goes without a camera is not reminded of it", () => {
  assert.equal(firstTrouble({ ...FINE, camera: false, withoutCamera: true }), null);
  assert.equal(firstTrouble({ ...FINE, thrifty: true })?.kind, "line_poor");
  assert.equal(firstTrouble({ ...FINE, thrifty: true, withoutCamera: true }), null);
  assert.equal(firstTrouble({ ...FINE, thrifty: true, muted: true })?.kind, "microphone_muted");
  assert.equal(firstTrouble({ ...FINE, camera: false })?.kind, "camera_lost");
});

test("a page that was hidden asks for no repair", () => {
  assert.deepEqual(
    [firstTrouble({ ...FINE, returned: true })?.kind, firstTrouble({ ...FINE, returned: true })?.fix],
    ["returned", false],
  );
});

const ENTRY = {
  interview: 1,
  name: "Ким Алексей",
  class: "9Б",
  ovz: false,
  planned_at: null,
  state: "waiting",
  present: true,
  next: false,
  device: { camera: "ok", microphone: "ok" },
  verdict: null,
  alarms: [],
  help: false,
  waiting_since: null,
  reversible: false,
};

test("a row offers what its state allows", () => {
  const allowed = (state, free, reversible = false) =>
    Object.entries(possible({ ...ENTRY, state, reversible }, free))
      .filter(([, on]) => on)
      .map(([name]) => name);
  assert.deepEqual(allowed("invited", true), ["no_show"]);
  assert.deepEqual(allowed("testing", true), ["no_show"]);
  assert.deepEqual(allowed("waiting", true), ["admit", "no_show", "remove"]);
  assert.deepEqual(allowed("waiting", false), ["no_show", "remove"]);
  assert.deepEqual(allowed("exam", false), ["remove"]);
  assert.deepEqual(allowed("finished", true, true), ["reverse"]);
  assert.deepEqual(allowed("finished", true), []);
});

test("only an ended interview can be taken back", () => {
  const words = ["invited", "waiting", "exam"].map(reversalText);
  assert.deepEqual(words, ["", "", ""]);
  assert.ok(["finished", "no_show", "removed"].every((state) => reversalText(state)));
});

test("a person who is not there and asks for help stands out", () => {
  const badges = badgesOf({ ...ENTRY, present: false, help: true, alarms: ["camera_lost"], ovz: true });
  assert.deepEqual(
    badges.filter(([tone]) => tone === "bad").map(([, text]) => text),
    ["Не на связи", "Просит помощи", "Камера не работает"],
  );
  assert.ok(badges.some(([tone]) => tone === "ovz"));
});

test("an ended interview shows no readiness any more", () => {
  assert.deepEqual(badgesOf({ ...ENTRY, state: "finished", present: false }), [["quiet", "Завершено"]]);
});

test("the specialist's verdict comes before the device", () => {
  const verdict = { verdict: "bad", note: "рвётся", by: "Иванов", at: 0 };
  const words = readiness({ verdict, device: { camera: "busy", microphone: "silent" } });
  assert.deepEqual(
    words.map(({ text, tone }) => [tone, text]),
    [
      ["bad", "Связь плохая"],
      ["warn", "Микрофон молчит, камера занята"],
    ],
  );
});

test("troubles of the recording are told once for each kind", () => {
  const alarms = [
    { track: "examiner-voice", alarm: "silence", detail: "" },
    { track: "participant-voice", alarm: "silence", detail: "" },
    { track: "", alarm: "disk", detail: "" },
  ];
  assert.deepEqual(recordingTroubles({ on: true, alarms }), [
    "В записи нет звука: голос экзаменатора, голос участника",
    "Мало места на диске для записи",
  ]);
  assert.deepEqual(recordingTroubles(null), []);
});

test("a refused recording stands first and instead of the state", () => {
  const badges = badgesOf({ ...ENTRY, state: "testing", device: null, alarms: ["refused"] });
  assert.deepEqual(badges, [["alarm", "Нет согласия на запись"]]);
});

test("who needs somebody now is named with room and reason, and nobody else", () => {
  const room = (number, people) => ({ id: number, number, people });
  const rooms = [
    room("07", [ENTRY, { ...ENTRY, interview: 2, state: "exam", present: false }]),
    room("12", [
      { ...ENTRY, interview: 3, state: "testing", name: "Салават Айгуль", alarms: ["refused"] },
      { ...ENTRY, interview: 4, alarms: ["camera_lost"] },
      { ...ENTRY, interview: 5, help: true, alarms: ["microphone_lost"] },
    ]),
  ];
  assert.deepEqual(urgentOf(rooms, {}), [
    { interview: "2", text: "Аудитория 07 · Ким Алексей: не на связи" },
    { interview: "3", text: "Аудитория 12 · Салават Айгуль: нет согласия на запись" },
    { interview: "5", text: "Аудитория 12 · Ким Алексей: просит помощи, микрофон не работает" },
  ]);
});
