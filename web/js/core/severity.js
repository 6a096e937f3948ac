/** How badly somebody needs the technical specialist. Pure. */

/** @typedef {import("./wire.js").SeatQuality} SeatQuality */
/** @typedef {import("./wire.js").InterviewState} InterviewState */

/** Limits of a line: at `weak` speech suffers, at `bad` an interview cannot be held. */
export const LIMITS = {
  rtt_ms: { weak: 300, bad: 800 },
  loss: { weak: 0.03, bad: 0.1 },
  jitter_ms: { weak: 40, bad: 120 },
};

/**
 * The worst values of a seat's line, from the node's figures and the page's own.
 * @param {SeatQuality|null|undefined} quality
 * @returns {{rtt_ms: number|null, loss: number|null, jitter_ms: number|null, up: number|null, down: number|null,
 *   level: number|null}}
 */
export function worst(quality) {
  const page = quality?.page ?? {};
  const plugs = Object.values(quality?.plugs ?? {});
  /** @param {...(number|null|undefined)} values */
  const most = (...values) => {
    const known = values.filter((value) => typeof value === "number" && Number.isFinite(value));
    return known.length ? Math.max(.../** @type {number[]} */ (known)) : null;
  };
  const sent = plugs.map((plug) => plug.kbps).filter((kbps) => typeof kbps === "number");
  return {
    rtt_ms: most(quality?.rtt_ms, page.rtt_ms),
    loss: most(page.loss, ...plugs.map((plug) => plug.loss)),
    jitter_ms: most(page.jitter_ms, quality?.plugs?.voice?.jitter_ms),
    up: page.kbps_up ?? (sent.length ? sent.reduce((sum, kbps) => sum + kbps, 0) : null),
    down: page.kbps_down ?? null,
    level: quality?.plugs?.voice?.level_dbfs ?? null,
  };
}

/**
 * @param {SeatQuality|null|undefined} quality
 * @returns {"unknown"|"good"|"weak"|"bad"}
 */
export function lineGrade(quality) {
  if (!quality) return "unknown";
  const values = worst(quality);
  let grade = /** @type {"unknown"|"good"|"weak"|"bad"} */ ("unknown");
  for (const key of /** @type {const} */ (["rtt_ms", "loss", "jitter_ms"])) {
    const value = values[key];
    if (value === null) continue;
    if (value >= LIMITS[key].bad) return "bad";
    if (value >= LIMITS[key].weak) grade = "weak";
    else if (grade === "unknown") grade = "good";
  }
  return grade;
}

const OVER = new Set(["finished", "no_show", "removed"]);
const DUE = new Set(["testing", "waiting", "admitted", "exam"]);

/**
 * 3: needs help now; 2: has a trouble; 1: not quite ready; 0: fine or over.
 * @param {{state: InterviewState, present: boolean, help: boolean, alarms: readonly string[], next: boolean,
 *   verdict: {verdict: string}|null, device: {camera?: string, microphone?: string}|null,
 *   other_device?: object|null}} person
 * @param {SeatQuality|null|undefined} quality
 * @returns {0|1|2|3}
 */
export function severity(person, quality) {
  if (OVER.has(person.state)) return person.help ? 3 : person.other_device ? 2 : 0;
  const inside = person.state === "admitted" || person.state === "exam";
  if (person.help || person.alarms.includes("refused")) return 3;
  if (inside && (!person.present || person.alarms.length)) return 3;
  const grade = lineGrade(quality);
  if (inside && grade === "bad") return 3;
  if (person.other_device || person.alarms.length || (DUE.has(person.state) && !person.present)) return 2;
  if (grade === "bad" || grade === "weak" || person.verdict?.verdict === "bad") return 2;
  if (person.device && (person.device.camera !== "ok" || person.device.microphone !== "ok")) return 2;
  if (person.next && !person.present) return 2;
  return person.state === "waiting" && !person.verdict ? 1 : 0;
}
