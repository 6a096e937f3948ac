/**
 * What a microphone gives, told in one word. Pure: samples in, word out.
 *
 * A frame is a short piece (10–50 ms) of one voice. Speech moves: between words it falls to the room's own noise, in
 * words it rises 15–30 dB above it. So silence, noise and speech are told apart by the spread of the levels, and
 * clipping by samples that stand at the limit.
 *
 * @typedef {{rms: number, peak: number, clipped: number}} Frame rms and peak 0…1; clipped: share of samples at the limit
 * @typedef {"silent"|"quiet"|"clipping"|"noisy"|"ok"} Loudness
 * @typedef {{loudness: Loudness, floor: number, speech: number, clipped: number}} Hearing levels in dBFS
 */

const LIMIT = 0.985;
const SILENCE_DBFS = -62;
const QUIET_DBFS = -46;
const NOISE_DBFS = -42;
const SPEECH_SPREAD_DB = 9;
const CLIPPED_FRAMES = 0.03;

/** @param {number} amplitude 0…1 @returns {number} dBFS, never below −100 */
export function decibels(amplitude) {
  return amplitude <= 0.00001 ? -100 : 20 * Math.log10(amplitude);
}

/** @param {Float32Array} samples @returns {Frame} */
export function measure(samples) {
  let sum = 0;
  let peak = 0;
  let clipped = 0;
  for (const sample of samples) {
    const size = Math.abs(sample);
    sum += size * size;
    if (size > peak) peak = size;
    if (size >= LIMIT) clipped += 1;
  }
  const count = Math.max(1, samples.length);
  return { rms: Math.sqrt(sum / count), peak, clipped: clipped / count };
}

/**
 * @param {readonly number[]} sorted ascending
 * @param {number} share 0…1
 */
function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -100;
}

/**
 * The word for a stretch of frames (at least about a second of them, while the person speaks).
 * @param {readonly Frame[]} frames
 * @returns {Hearing}
 */
export function classify(frames) {
  const levels = frames.map((frame) => decibels(frame.rms)).sort((a, b) => a - b);
  const floor = quantile(levels, 0.1);
  const speech = quantile(levels, 0.9);
  const clipped = frames.length ? frames.filter((frame) => frame.clipped > 0.002).length / frames.length : 0;
  /** @type {Loudness} */
  let loudness = "ok";
  if (speech < SILENCE_DBFS) loudness = "silent";
  else if (clipped > CLIPPED_FRAMES) loudness = "clipping";
  else if (floor > NOISE_DBFS && speech - floor < SPEECH_SPREAD_DB) loudness = "noisy";
  else if (speech < QUIET_DBFS) loudness = "quiet";
  return { loudness, floor, speech, clipped };
}

/** Where a level stands on a meter, 0…1: −60 dBFS is empty, −3 dBFS is full. @param {number} dbfs */
export function meterPosition(dbfs) {
  return Math.min(1, Math.max(0, (dbfs + 60) / 57));
}
