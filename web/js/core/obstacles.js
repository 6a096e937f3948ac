/**
 * What can stand between a person and their camera, and what to do about it, in words. Pure.
 *
 * @typedef {"denied"|"none"|"busy"|"insecure"|"old"|"in_app"|"failed"} Obstacle
 * @typedef {"chrome"|"yandex"|"firefox"|"safari"|"edge"|"samsung"|"opera"|"other"} BrowserName
 * @typedef {"android"|"ios"|"windows"|"mac"|"linux"|"other"} System
 * @typedef {{browser: BrowserName, system: System, phone: boolean, inApp: string|null}} Surroundings
 * @typedef {{title: string, text: string, steps: string[]}} Help
 * @typedef {"camera"|"microphone"|"both"} Device
 */

/** Applications that open links inside themselves, by what their user agent says. @type {ReadonlyArray<[RegExp, string]>} */
const APPLICATIONS = [
  [/VKAndroidApp|VKClient|com\.vk\.|VK_iOS|\bVK\/\d/i, "ВКонтакте"],
  [/Telegram/i, "Telegram"],
  [/Instagram/i, "Instagram"],
  [/\bFBAN|\bFBAV|FB_IAB/i, "Facebook"],
  [/OKApp|ok\.android|odnoklassniki/i, "Одноклассники"],
  [/Viber/i, "Viber"],
  [/\bMAX\/\d|ru\.oneme/i, "MAX"],
  [/\bGSA\//, "Google"],
  [/; wv\)/, "приложение"],
];

/**
 * @param {string} agent navigator.userAgent
 * @param {{touch?: boolean, telegram?: boolean}} [hints] touch: a touch screen; telegram: Telegram's object is in the page
 * @returns {Surroundings}
 */
export function surroundings(agent, hints = {}) {
  const ios = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && hints.touch === true);
  /** @type {System} */
  let system = "other";
  if (ios) system = "ios";
  else if (/Android/.test(agent)) system = "android";
  else if (/Windows/.test(agent)) system = "windows";
  else if (/Macintosh|Mac OS X/.test(agent)) system = "mac";
  else if (/Linux|X11|CrOS/.test(agent)) system = "linux";
  let inApp = APPLICATIONS.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
  if (hints.telegram) inApp = "Telegram";
  if (!inApp && ios && /AppleWebKit/.test(agent) && !/Safari\/|Macintosh/.test(agent)) inApp = "приложение";
  return { browser: browserName(agent, ios), system, phone: system === "android" || system === "ios", inApp };
}

/** @param {string} agent @param {boolean} ios @returns {BrowserName} */
function browserName(agent, ios) {
  if (/YaBrowser|YaApp/.test(agent)) return "yandex";
  if (/Edg(e|A|iOS)?\//.test(agent)) return "edge";
  if (/OPR\/|OPT\/|Opera/.test(agent)) return "opera";
  if (/SamsungBrowser/.test(agent)) return "samsung";
  if (/Firefox\/|FxiOS/.test(agent)) return "firefox";
  if (/Chrome\/|Chromium\/|CriOS/.test(agent)) return "chrome";
  if (/Safari\//.test(agent) || ios) return "safari";
  return "other";
}

/**
 * The obstacle behind an error of getUserMedia.
 * @param {string} name the DOMException's name
 * @returns {Obstacle}
 */
export function obstacleOf(name) {
  if (name === "NotAllowedError" || name === "PermissionDeniedError" || name === "SecurityError")
    return "denied";
  if (name === "NotFoundError" || name === "DevicesNotFoundError" || name === "OverconstrainedError")
    return "none";
  if (name === "NotReadableError" || name === "TrackStartError" || name === "AbortError") return "busy";
  return "failed";
}

/** @type {Readonly<Record<Device, {what: string, whose: string, not: string, busy: string, them: string}>>} */
const WORDS = {
  camera: {
    what: "камера",
    whose: "камере",
    not: "Камера не найдена",
    busy: "Камера занята",
    them: "ею",
  },
  microphone: {
    what: "микрофон",
    whose: "микрофону",
    not: "Микрофон не найден",
    busy: "Микрофон занят",
    them: "им",
  },
  both: {
    what: "камера или микрофон",
    whose: "камере и микрофону",
    not: "Камера и микрофон не найдены",
    busy: "Камера и микрофон заняты",
    them: "ими",
  },
};

/**
 * @param {Obstacle} obstacle
 * @param {Device} device
 * @param {Surroundings} where
 * @returns {Help}
 */
export function helpFor(obstacle, device, where) {
  const words = WORDS[device];
  switch (obstacle) {
    case "denied":
      return {
        title: `Нет доступа к ${words.whose}`,
        text: "Так бывает, если в окне браузера нажать «Блокировать» или закрыть его. Это легко исправить:",
        steps: permissionSteps(where),
      };
    case "none":
      return {
        title: words.not,
        text: "Браузер не видит устройство.",
        steps: where.phone
          ? [
              "Закройте другие приложения.",
              "Перезагрузите телефон и снова откройте ссылку.",
              "Не помогло — возьмите другой телефон или компьютер: ссылка та же.",
            ]
          : [
              "Если устройство внешнее, вытащите его из разъёма и вставьте снова.",
              "Если на ноутбуке есть шторка или кнопка камеры — откройте её.",
              "Нажмите «Попробовать ещё раз».",
              "Не помогло — откройте эту же ссылку на телефоне: собеседование можно пройти с него.",
            ],
      };
    case "busy":
      return {
        title: words.busy,
        text: `Сейчас ${words.them} пользуется другая программа.`,
        steps: [
          where.phone
            ? "Закройте другие приложения: звонки, диктофон, камеру."
            : "Закройте программы для звонков и записи: Zoom, Skype, Телемост, «Камеру», другие вкладки с видеосвязью.",
          "Нажмите «Попробовать ещё раз».",
          where.phone
            ? "Не помогло — перезагрузите телефон."
            : "Не помогло — перезагрузите компьютер и снова откройте ссылку.",
        ],
      };
    case "insecure":
      return {
        title: "Страница открыта без защиты",
        text: "Браузер даёт камеру и микрофон только странице, адрес которой начинается с https://.",
        steps: [
          "Посмотрите на адрес вверху: допишите в начале букву s, чтобы получилось https://",
          "Или откройте ссылку ещё раз из сообщения школы.",
          "Не помогло — позвоните в школу.",
        ],
      };
    case "old":
      return {
        title: "Этот браузер не подойдёт",
        text: "Он слишком старый: видеосвязь в нём не работает.",
        steps: [
          where.system === "ios"
            ? "Обновите iOS: «Настройки» → «Основные» → «Обновление ПО»."
            : "Обновите браузер или установите Chrome либо Яндекс Браузер.",
          "Откройте в нём эту же ссылку.",
          "Или возьмите другой телефон или компьютер: ссылка та же.",
        ],
      };
    case "in_app":
      return {
        title: "Откройте ссылку в браузере",
        text: `Сейчас страница открыта внутри приложения${where.inApp && where.inApp !== "приложение" ? ` ${where.inApp}` : ""}, а оно обычно не даёт камеру и микрофон.`,
        steps: [
          where.system === "ios"
            ? "Нажмите значок компаса или три точки и выберите «Открыть в Safari»."
            : "Нажмите три точки вверху и выберите «Открыть в браузере» или «Открыть в Chrome».",
          "Если такого пункта нет — скопируйте ссылку кнопкой ниже и вставьте её в строку адреса браузера.",
        ],
      };
    default:
      return {
        title: "Не получилось включить устройство",
        text: `Не включается ${words.what}.`,
        steps: [
          "Нажмите «Попробовать ещё раз».",
          "Не помогло — закройте браузер полностью и снова откройте ссылку.",
          "Или возьмите другой телефон или компьютер: ссылка та же.",
        ],
      };
  }
}

/** How to give the permission back. @param {Surroundings} where @returns {string[]} */
function permissionSteps({ browser, system }) {
  const last = "Вернитесь сюда и нажмите «Попробовать ещё раз».";
  if (system === "ios") {
    const application = {
      chrome: "Chrome",
      yandex: "Яндекс",
      firefox: "Firefox",
      edge: "Edge",
      opera: "Opera",
    };
    const name = application[/** @type {keyof typeof application} */ (browser)] ?? "Safari";
    if (name === "Safari") {
      return [
        "Нажмите значок слева в строке адреса («аА» или полоски).",
        "Выберите «Настройки веб-сайта» и разрешите «Камеру» и «Микрофон».",
        "Не помогло — «Настройки» телефона → «Приложения» → Safari → «Камера» и «Микрофон» → «Разрешить».",
        last,
      ];
    }
    return [`Откройте «Настройки» телефона и найдите там ${name}.`, "Включите «Камеру» и «Микрофон».", last];
  }
  if (system === "android") {
    if (browser === "firefox") {
      return [
        "Нажмите замок слева от адреса.",
        "Нажмите на строки «Камера» и «Микрофон», чтобы стало «Разрешено».",
        "Не помогло — «Настройки» телефона → «Приложения» → Firefox → «Разрешения».",
        last,
      ];
    }
    const application =
      browser === "yandex" ? "Яндекс" : browser === "samsung" ? "Интернет Samsung" : "Chrome";
    return [
      "Нажмите значок слева от адреса (замок или ползунки).",
      "Выберите «Разрешения» и разрешите камеру и микрофон.",
      `Не помогло — «Настройки» телефона → «Приложения» → ${application} → «Разрешения».`,
      last,
    ];
  }
  const system_ =
    system === "mac"
      ? "Не помогло — меню  → «Системные настройки» → «Конфиденциальность» → «Камера» и «Микрофон»: включите браузер."
      : system === "windows"
        ? "Не помогло — «Параметры» Windows → «Конфиденциальность» → «Камера» и «Микрофон»: разрешите доступ."
        : null;
  const steps =
    browser === "safari"
      ? ["В меню Safari выберите «Настройки для этого веб-сайта».", "Разрешите «Камеру» и «Микрофон»."]
      : browser === "firefox"
        ? [
            "Нажмите значок камеры или микрофона слева от адреса.",
            "Уберите запрет крестиком рядом со словом «Заблокировано».",
          ]
        : browser === "yandex"
          ? ["Нажмите замок (значок защиты) в строке адреса.", "Разрешите «Камеру» и «Микрофон»."]
          : ["Нажмите значок слева от адреса (замок или ползунки).", "Включите «Камеру» и «Микрофон»."];
  return system_ ? [...steps, last, system_] : [...steps, last];
}

/**
 * Whether this browser can hold the interview at all.
 * @param {{isSecureContext: boolean, mediaDevices: boolean, peerConnection: boolean, replaceTrack: boolean, audioWorklet: boolean}} has
 * @returns {"insecure"|"old"|null}
 */
export function incapable(has) {
  if (!has.isSecureContext) return "insecure";
  if (!has.mediaDevices || !has.peerConnection || !has.replaceTrack || !has.audioWorklet) return "old";
  return null;
}
