/** Words for kinds, states, devices, alarms and verdicts, as the staff read them. */

/** @typedef {import("../core/wire.js").QueueEntry} QueueEntry */
/** @typedef {import("../core/wire.js").Recording} Recording */
/** @typedef {"good"|"warn"|"bad"|"quiet"|"live"} Tone */

/** @type {Readonly<Record<string, string>>} */
export const KINDS = {
  participant: "Участник",
  examiner: "Экзаменатор",
  expert: "Эксперт",
  observer: "Наблюдатель",
  specialist: "Техспециалист",
  organizer: "Организатор",
  assistant: "Ассистент",
};

/** Whom a call is for, in the accusative. @type {Readonly<Record<string, string>>} */
export const CALLED = {
  examiner: "экзаменатора",
  expert: "эксперта",
  specialist: "техспециалиста",
  organizer: "организатора",
};

/** @type {Readonly<Record<string, {text: string, tone: Tone}>>} */
export const STATES = {
  invited: { text: "Ещё нет на связи", tone: "quiet" },
  testing: { text: "Проверяет устройство", tone: "warn" },
  waiting: { text: "Ждёт", tone: "good" },
  admitted: { text: "На связи", tone: "live" },
  exam: { text: "Отвечает", tone: "live" },
  finished: { text: "Завершено", tone: "quiet" },
  no_show: { text: "Неявка", tone: "quiet" },
  removed: { text: "Удаление", tone: "quiet" },
};

/** @type {Readonly<Record<string, string>>} */
const ALARMS = {
  camera_lost: "Камера не работает",
  microphone_lost: "Микрофон не работает",
  microphone_muted: "Микрофон выключен системой",
  page_hidden: "Страница свёрнута",
  line_poor: "Связь слабая, только голос",
  refused: "Нет согласия на запись",
};

/** @param {string} kind */
export function alarmText(kind) {
  return ALARMS[kind] ?? kind;
}

/** @type {Readonly<Record<string, string>>} */
const MICROPHONE = {
  ok: "микрофон в порядке",
  quiet: "микрофон тихий",
  silent: "микрофон молчит",
  clipping: "микрофон перегружен",
  noisy: "вокруг шумно",
  denied: "нет доступа к микрофону",
  none: "нет микрофона",
  busy: "микрофон занят",
};
/** @type {Readonly<Record<string, string>>} */
const CAMERA = {
  ok: "камера в порядке",
  denied: "нет доступа к камере",
  none: "нет камеры",
  busy: "камера занята",
};

/**
 * What is known about somebody's readiness, the specialist's word first.
 * @param {Pick<QueueEntry, "device"|"verdict">} entry
 * @returns {{text: string, tone: Tone, note: string}[]}
 */
export function readiness({ device, verdict }) {
  /** @type {{text: string, tone: Tone, note: string}[]} */
  const words = [];
  if (verdict) {
    const graded = {
      good: { text: "Связь хорошая", tone: /** @type {Tone} */ ("good") },
      acceptable: { text: "Связь сойдёт", tone: /** @type {Tone} */ ("warn") },
      bad: { text: "Связь плохая", tone: /** @type {Tone} */ ("bad") },
    }[verdict.verdict];
    if (graded) words.push({ ...graded, note: verdict.note });
  }
  if (device) {
    const troubles = [
      device.microphone && device.microphone !== "ok"
        ? (MICROPHONE[device.microphone] ?? "микрофон не работает")
        : "",
      device.camera && device.camera !== "ok" ? (CAMERA[device.camera] ?? "камера не работает") : "",
    ].filter(Boolean);
    const text = troubles.join(", ");
    words.push(
      text
        ? { text: text.charAt(0).toUpperCase() + text.slice(1), tone: "warn", note: "" }
        : { text: "Устройство готово", tone: "good", note: "" },
    );
  }
  return words;
}

/** @type {Readonly<Record<string, string>>} */
const TRACKS = {
  "participant-voice": "голос участника",
  "participant-camera": "камера участника",
  "examiner-voice": "голос экзаменатора",
  "examiner-camera": "камера экзаменатора",
  "examiner-screen": "экран",
  "third-voice": "голос ассистента или организатора",
  "third-camera": "камера ассистента или организатора",
};
/** @type {Readonly<Record<string, string>>} */
const RECORDING = {
  silence: "В записи нет звука",
  stall: "Запись остановилась",
  drift: "Запись отстаёт от часов",
  disk: "Мало места на диске для записи",
  write: "Запись не сохраняется",
};

/** One line for each kind of trouble, with the voices and pictures it is about. @param {Recording|null|undefined} recording */
export function recordingTroubles(recording) {
  /** @type {Map<string, Set<string>>} */
  const tracks = new Map();
  for (const { track, alarm } of recording?.alarms ?? []) {
    const about = tracks.get(alarm) ?? new Set();
    if (TRACKS[track]) about.add(TRACKS[track]);
    tracks.set(alarm, about);
  }
  return [...tracks].map(([alarm, about]) => {
    const words = RECORDING[alarm] ?? `Запись: ${alarm}`;
    return about.size ? `${words}: ${[...about].join(", ")}` : words;
  });
}
