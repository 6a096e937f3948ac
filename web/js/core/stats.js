/** The browser's own figures of the connection, from two readings of getStats. Pure. */

/** @typedef {import("./wire.js").PageStats} PageStats */
/**
 * What is kept of one reading.
 * @typedef {object} Reading
 * @property {number} at ms
 * @property {number} sent bytes
 * @property {number} received bytes
 * @property {number} packets of voices received
 * @property {number} lost of voices
 * @property {number} samples of voices
 * @property {number} concealed samples of voices
 * @property {number|null} jitter ms, the worst voice
 * @property {number|null} roundTrip ms
 * @property {number|null} available bit/s that the browser may send, as it reckons
 */

/**
 * @param {Iterable<any>} report the values of an RTCStatsReport
 * @param {number} at ms
 * @returns {Reading}
 */
export function read(report, at) {
  /** @type {Reading} */
  const reading = {
    at,
    sent: 0,
    received: 0,
    packets: 0,
    lost: 0,
    samples: 0,
    concealed: 0,
    jitter: null,
    roundTrip: null,
    available: null,
  };
  for (const entry of report) {
    if (entry.type === "outbound-rtp") reading.sent += entry.bytesSent ?? 0;
    if (entry.type === "candidate-pair" && (entry.nominated || entry.selected)) {
      if (entry.currentRoundTripTime) reading.roundTrip = entry.currentRoundTripTime * 1000;
      if (entry.availableOutgoingBitrate) reading.available = entry.availableOutgoingBitrate;
    }
    if (entry.type !== "inbound-rtp") continue;
    reading.received += entry.bytesReceived ?? 0;
    if (entry.kind !== "audio") continue;
    reading.packets += entry.packetsReceived ?? 0;
    reading.lost += Math.max(0, entry.packetsLost ?? 0);
    reading.samples += entry.totalSamplesReceived ?? 0;
    reading.concealed += entry.concealedSamples ?? 0;
    if (entry.packetsReceived) reading.jitter = Math.max(reading.jitter ?? 0, (entry.jitter ?? 0) * 1000);
  }
  return reading;
}

/** @param {number} part @param {number} whole */
function share(part, whole) {
  return whole > 0 ? Math.min(1, Math.max(0, part) / whole) : 0;
}

/**
 * The stretch between two readings of the same connection. A new connection counts from zero: then the newer
 * reading stands for itself.
 * @param {Reading|null} before
 * @param {Reading} now
 * @returns {PageStats}
 */
export function summarise(before, now) {
  const base = before && before.sent <= now.sent && before.received <= now.received ? before : null;
  const seconds = base ? (now.at - base.at) / 1000 : 0;
  /** @param {keyof Reading} key */
  const grown = (key) => Number(now[key]) - (base ? Number(base[key]) : 0);
  const lost = grown("lost");
  /** @type {PageStats} */
  const stats = {
    loss: round(share(lost, lost + grown("packets")), 4),
    concealed: round(share(grown("concealed"), grown("samples")), 4),
  };
  if (seconds > 0) {
    stats.kbps_up = round((grown("sent") * 8) / 1000 / seconds, 1);
    stats.kbps_down = round((grown("received") * 8) / 1000 / seconds, 1);
  }
  if (now.roundTrip !== null) stats.rtt_ms = round(now.roundTrip, 1);
  if (now.jitter !== null) stats.jitter_ms = round(now.jitter, 1);
  return stats;
}

/** @param {number} value @param {number} digits */
function round(value, digits) {
  return Number(value.toFixed(digits));
}

/**
 * The connection in one word for a person.
 * @param {{socket: boolean, media: string, loss?: number, rtt_ms?: number, thrifty?: boolean}} line
 * @returns {{grade: "good"|"weak"|"lost", text: string}}
 */
export function connectionWord({ socket, media, loss = 0, rtt_ms = 0, thrifty = false }) {
  if (media === "connected") {
    if (thrifty || loss > 0.05 || rtt_ms > 500) return { grade: "weak", text: "Связь слабая" };
    return { grade: "good", text: "Связь хорошая" };
  }
  if (media === "none" && socket) return { grade: "good", text: "Связь есть" };
  return { grade: "lost", text: "Восстанавливаем связь…" };
}
