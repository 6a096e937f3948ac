/** What a rehearsal found, in plain words: what is wrong and what to do about it. Pure. */

/** @typedef {import("./wire.js").Outcome} Outcome */
/** @typedef {import("./wire.js").Problem} Problem */
/** @typedef {{good: boolean, text: string, advice: string}} Row */

/** @type {Readonly<Record<Problem, {text: string, advice: string}>>} */
const WORDS = {
  camera: {
    text: "Камера не работает",
    advice:
      "Закройте другие программы, которые её занимают, и разрешите камеру этой странице. Или возьмите другое устройство.",
  },
  microphone: {
    text: "Микрофон не работает",
    advice: "Разрешите микрофон этой странице или подключите другой. Наушники с микрофоном тоже подойдут.",
  },
  silent: {
    text: "Микрофон не слышит голос",
    advice:
      "Проверьте, не выключен ли он кнопкой на наушниках или в настройках, и выберите другой микрофон, если их несколько.",
  },
  sound: {
    text: "Голос слышно плохо",
    advice: "Сядьте ближе к микрофону, закройте окно и дверь, выключите музыку и телевизор.",
  },
  connection: {
    text: "Звук и видео не доходят до школы",
    advice:
      "Попробуйте другой интернет: мобильный вместо Wi-Fi или наоборот. Если включён VPN, выключите его.",
  },
  voice_lost: {
    text: "Голос не доходит до школы",
    advice: "Повторите проверку и читайте вслух, пока идёт запись. Если включён VPN, выключите его.",
  },
  picture_lost: {
    text: "Изображение не доходит до школы",
    advice: "Проверьте, не закрыта ли камера, и попробуйте другой интернет.",
  },
  weak: {
    text: "Связь слабая",
    advice:
      "Подойдите ближе к роутеру, закройте загрузки и видео на других устройствах или попробуйте мобильный интернет.",
  },
};

const PARTS = /** @type {const} */ ([
  { problems: ["camera"], good: "Камера работает" },
  { problems: ["microphone", "silent", "sound"], good: "Микрофон работает, голос слышно" },
  {
    problems: ["connection", "voice_lost", "picture_lost", "weak"],
    good: "Голос и изображение доходят до школы",
  },
]);

/**
 * Camera, microphone and line, each good or with what to do.
 * @param {{outcome: Outcome, problems: readonly Problem[]}} result
 * @param {boolean} tested whether the line could be tested
 * @returns {Row[]}
 */
export function rows({ problems }, tested) {
  /** @type {Row[]} */
  const found = [];
  for (const part of PARTS) {
    const wrong = problems.filter((problem) =>
      /** @type {readonly string[]} */ (part.problems).includes(problem),
    );
    for (const problem of wrong) found.push({ good: false, ...WORDS[problem] });
    if (wrong.length) continue;
    const line = /** @type {readonly string[]} */ (part.problems).includes("connection");
    // Without a voice or a picture to carry, all that is known of the line is that it is there.
    const text = line && problems.length ? "Связь со школой есть" : part.good;
    if (!line || tested) found.push({ good: true, text, advice: "" });
  }
  return found;
}

/** @param {Outcome} outcome */
export function title(outcome) {
  return { ready: "Всё готово", untested: "Камера и микрофон готовы", unfit: "Нужно исправить" }[outcome];
}

/** What to do next. @param {Outcome} outcome */
export function next(outcome) {
  if (outcome === "ready")
    return "Устройство и связь подходят. До собеседования больше ничего делать не нужно.";
  if (outcome === "untested") {
    return "Связь сейчас проверить не получилось: сервер занят экзаменом. Откройте эту ссылку ещё раз позже, например вечером.";
  }
  return "Исправьте то, что отмечено, и проверьте ещё раз. Если не получается, позвоните в школу: вам помогут заранее.";
}
