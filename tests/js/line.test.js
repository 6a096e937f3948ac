import assert from "node:assert/strict";
import { test } from "node:test";
import { encoding, MAX_BITRATE } from "../../web/js/core/peer.js";
import { lineGrade, severity, worst } from "../../web/js/core/severity.js";
import { openingLimit, reopenDelay } from "../../web/js/core/socket.js";
import { connectionWord, read, summarise } from "../../web/js/core/stats.js";
import { isNew, screenEnded } from "../../web/js/ui/tile.js";

const FIRST = [
  { type: "outbound-rtp", kind: "audio", bytesSent: 1000 },
  { type: "outbound-rtp", kind: "video", bytesSent: 9000 },
  {
    type: "inbound-rtp",
    kind: "audio",
    bytesReceived: 5000,
    packetsReceived: 100,
    packetsLost: 0,
    jitter: 0.004,
    totalSamplesReceived: 48_000,
    concealedSamples: 0,
  },
  { type: "inbound-rtp", kind: "video", bytesReceived: 20_000, packetsReceived: 50 },
  { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.042 },
  { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
];
const SECOND = [
  { type: "outbound-rtp", kind: "audio", bytesSent: 13_500 },
  { type: "outbound-rtp", kind: "video", bytesSent: 109_000 },
  {
    type: "inbound-rtp",
    kind: "audio",
    bytesReceived: 17_500,
    packetsReceived: 195,
    packetsLost: 5,
    jitter: 0.012,
    totalSamplesReceived: 144_000,
    concealedSamples: 4800,
  },
  { type: "inbound-rtp", kind: "video", bytesReceived: 20_000, packetsReceived: 50 },
  { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 },
];

test("figures are those of the stretch between two readings", () => {
  const stats = summarise(read(FIRST, 1000), read(SECOND, 3000));
  assert.deepEqual(stats, {
    loss: 0.05,
    concealed: 0.05,
    kbps_up: 450,
    kbps_down: 50,
    rtt_ms: 50,
    jitter_ms: 12,
  });
});

test("a new connection counts from zero and claims no bitrate", () => {
  const stats = summarise(read(SECOND, 1000), read(FIRST, 3000));
  assert.equal(stats.kbps_up, undefined);
  assert.equal(stats.loss, 0);
});

test("a connection without media yet has no invented figures", () => {
  assert.deepEqual(summarise(null, read([], 0)), { loss: 0, concealed: 0 });
});

test("the connection is told in one word", () => {
  assert.equal(connectionWord({ socket: true, media: "connected" }).grade, "good");
  assert.equal(connectionWord({ socket: false, media: "connected" }).grade, "good");
  assert.equal(connectionWord({ socket: true, media: "connected", loss: 0.08 }).grade, "weak");
  assert.equal(connectionWord({ socket: true, media: "connected", thrifty: true }).grade, "weak");
  assert.equal(connectionWord({ socket: true, media: "connecting" }).grade, "lost");
  assert.equal(connectionWord({ socket: false, media: "none" }).grade, "lost");
});

test("a lost socket is reopened every second and a little", () => {
  assert.equal(reopenDelay(0), 1000);
  assert.equal(reopenDelay(1), 1200);
});

test("a patient attempt to open comes after two quick ones, over and over", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(openingLimit), [1500, 1500, 5000, 1500, 1500, 5000]);
});

test("every plug has its limit, and starts as it is told", () => {
  assert.deepEqual(encoding("voice", false), { active: false, maxBitrate: 48_000 });
  assert.deepEqual(encoding("screen", true), { active: true, maxBitrate: MAX_BITRATE.screen });
});

test("a frame that came before the source changed stays covered", () => {
  assert.equal(isNew(999, 1000), false);
  assert.equal(isNew(1001, 1000), true);
});

test("a screen ends when it alone stops, and stays when the whole line stops", () => {
  assert.equal(screenEnded(1000, true, null), false);
  assert.equal(screenEnded(3000, true, null), true);
  assert.equal(screenEnded(3000, false, null), false);
  assert.equal(screenEnded(3000, true, true), false);
  assert.equal(screenEnded(0, true, false), true);
});

const WAITING = {
  state: "waiting",
  present: true,
  help: false,
  alarms: [],
  next: false,
  verdict: { verdict: "good" },
  device: { camera: "ok", microphone: "ok" },
};
const GOOD = { rtt_ms: 30, plugs: { voice: { kbps: 40, loss: 0, jitter_ms: 3, level_dbfs: -25 } } };

test("the worst value of a line is taken from the node and the page", () => {
  const values = worst({ ...GOOD, page: { rtt_ms: 80, loss: 0.2, kbps_down: 700 } });
  assert.deepEqual(values, { rtt_ms: 80, loss: 0.2, jitter_ms: 3, up: 40, down: 700, level: -25 });
});

test("a line is graded by its worst value", () => {
  assert.equal(lineGrade(null), "unknown");
  assert.equal(lineGrade(GOOD), "good");
  assert.equal(lineGrade({ ...GOOD, rtt_ms: 400 }), "weak");
  assert.equal(lineGrade({ ...GOOD, page: { loss: 0.3 } }), "bad");
});

test("who needs help is above who has a trouble, above who is fine", () => {
  assert.equal(severity(WAITING, GOOD), 0);
  assert.equal(severity({ ...WAITING, verdict: null }, GOOD), 1);
  assert.equal(severity({ ...WAITING, present: false }, null), 2);
  assert.equal(severity({ ...WAITING, alarms: ["camera_lost"] }, GOOD), 2);
  assert.equal(severity({ ...WAITING, help: true }, GOOD), 3);
  assert.equal(severity({ ...WAITING, other_device: { at: 1 } }, GOOD), 2);
  assert.equal(severity({ ...WAITING, state: "finished", other_device: { at: 1 } }, GOOD), 2);
  assert.equal(severity({ ...WAITING, state: "exam", present: false }, null), 3);
  assert.equal(severity({ ...WAITING, state: "exam" }, { rtt_ms: 2000 }), 3);
  assert.equal(severity({ ...WAITING, state: "finished", present: false }, null), 0);
});
