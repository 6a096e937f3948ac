/** Times, counts and measures as words. Pure but for the zone, which a page sets once. */

/**
 * The Russian plural: plural(5, "минута", "минуты", "минут").
 * @param {number} n @param {string} one @param {string} few @param {string} many
 */
export function plural(n, one, few, many) {
  const tens = Math.abs(n) % 100;
  const units = tens % 10;
  if (tens > 10 && tens < 20) return many;
  if (units === 1) return one;
  return units > 1 && units < 5 ? few : many;
}

/** A duration as a clock: 03:12, 1:02:03; negative counts as zero. @param {number} ms */
export function elapsed(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = String(Math.floor((total % 3600) / 60)).padStart(2, "0");
  const seconds = String(total % 60).padStart(2, "0");
  return hours ? `${hours}:${minutes}:${seconds}` : `${minutes}:${seconds}`;
}

/** The zone of the times on a page. @type {string|undefined} */
let pageZone;

/** Times of this page are the school's, whatever zone the computer is set to. @param {string} timeZone */
export function useZone(timeZone) {
  pageZone = timeZone;
}

/**
 * A time of the day, 09:05.
 * @param {number} at ms since epoch @param {string} [timeZone] the page's when absent
 */
export function timeOfDay(at, timeZone = pageZone) {
  return new Intl.DateTimeFormat("ru-RU", { hour: "2-digit", minute: "2-digit", timeZone }).format(at);
}

/** A date of the wire as words: "2026-02-11" → «11 февраля 2026 г.» @param {string} date */
export function longDate(date) {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at)) return date;
  return new Intl.DateTimeFormat("ru-RU", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })
    .format(at)
    .replace(/\s/g, " ");
}

/** A day of the year, «11 февраля». @param {number} at ms since epoch @param {string} [timeZone] the page's when absent */
export function dayAndMonth(at, timeZone = pageZone) {
  return new Intl.DateTimeFormat("ru-RU", { day: "numeric", month: "long", timeZone }).format(at);
}

/** The time left until something, in words a waiting person needs. @param {number} ms */
export function until(ms) {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes <= 1) return "меньше минуты";
  if (minutes < 60) return `${minutes} ${plural(minutes, "минута", "минуты", "минут")}`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours >= 24) {
    const days = Math.floor(hours / 24);
    return `${days} ${plural(days, "день", "дня", "дней")}`;
  }
  const left = `${hours} ${plural(hours, "час", "часа", "часов")}`;
  return rest ? `${left} ${rest} ${plural(rest, "минута", "минуты", "минут")}` : left;
}

/** The estimate for one who waits. @param {number|null} minutes */
export function estimate(minutes) {
  if (minutes === null) return "";
  if (minutes < 5) return "Осталось несколько минут";
  return `Ждать примерно ${minutes} ${plural(minutes, "минуту", "минуты", "минут")}`;
}

/** A share as per cent: 0.034 → «3,4 %». @param {number|null|undefined} share 0…1 */
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "—";
  const value = share * 100;
  return `${(value > 0 && value < 10 ? value.toFixed(1) : String(Math.round(value))).replace(".", ",")} %`;
}

/** @param {number|null|undefined} value */
export function milliseconds(value) {
  return value === null || value === undefined || !Number.isFinite(value) ? "—" : `${Math.round(value)} мс`;
}

/** @param {number|null|undefined} value */
export function kilobits(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  return value >= 1000
    ? `${(value / 1000).toFixed(1).replace(".", ",")} Мбит/с`
    : `${Math.round(value)} кбит/с`;
}

/** «Фамилия Имя Отчество» → «Фамилия И. О.» @param {string} name */
export function shortName(name) {
  const [last, ...rest] = name.trim().split(/\s+/);
  return [last ?? "", ...rest.map((part) => `${part[0]?.toUpperCase() ?? ""}.`)].join(" ").trim();
}
