import assert from "node:assert/strict";
import { test } from "node:test";
import { helpFor, incapable, obstacleOf, surroundings } from "../../web/js/core/obstacles.js";

const ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko)";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";

const AGENTS = {
  chromeAndroid: `${ANDROID} Chrome/130.0.0.0 Mobile Safari/537.36`,
  yandexAndroid: `${ANDROID} Chrome/128.0.0.0 YaBrowser/24.10.0.0 Mobile Safari/537.36`,
  samsung: `${ANDROID} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36`,
  firefoxAndroid: "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0",
  safariPhone: `${IPHONE} Version/17.4 Mobile/15E148 Safari/604.1`,
  chromePhone: `${IPHONE} CriOS/130.0 Mobile/15E148 Safari/604.1`,
  chromeWindows: `${WINDOWS} Chrome/130.0.0.0 Safari/537.36`,
  yandexWindows: `${WINDOWS} Chrome/128.0.0.0 YaBrowser/24.10.0.0 Safari/537.36`,
  edge: `${WINDOWS} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0`,
  firefoxLinux: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  safariMac:
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
};

const EXPECTED = {
  chromeAndroid: ["chrome", "android", true],
  yandexAndroid: ["yandex", "android", true],
  samsung: ["samsung", "android", true],
  firefoxAndroid: ["firefox", "android", true],
  safariPhone: ["safari", "ios", true],
  chromePhone: ["chrome", "ios", true],
  chromeWindows: ["chrome", "windows", false],
  yandexWindows: ["yandex", "windows", false],
  edge: ["edge", "windows", false],
  firefoxLinux: ["firefox", "linux", false],
  safariMac: ["safari", "mac", false],
};

for (const [name, [browser, system, phone]] of Object.entries(EXPECTED)) {
  test(`${name} is known, and is no application`, () => {
    assert.deepEqual(surroundings(AGENTS[name]), { browser, system, phone, inApp: null });
  });
}

test("an iPad that says it is a Mac is told by its touch screen", () => {
  assert.equal(surroundings(AGENTS.safariMac, { touch: true }).system, "ios");
});

const INSIDE = {
  ВКонтакте: `${ANDROID} Chrome/120.0 Mobile Safari/537.36 VKAndroidApp/8.50-1234`,
  Telegram: `${ANDROID} Chrome/120.0 Mobile Safari/537.36 Telegram-Android/10.9`,
  Instagram: `${IPHONE} Mobile/15E148 Instagram 300.0.0`,
  Facebook: `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/440.0]`,
  приложение:
    "Mozilla/5.0 (Linux; Android 13; SM-A515F; wv) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
};

for (const [name, agent] of Object.entries(INSIDE)) {
  test(`the browser inside is recognised: ${name}`, () => {
    assert.equal(surroundings(agent).inApp, name);
  });
}

test("a web view of an iPhone has no word Safari", () => {
  assert.equal(surroundings(`${IPHONE} Mobile/15E148`).inApp, "приложение");
});

test("Telegram is recognised by its object in the page", () => {
  assert.equal(surroundings(AGENTS.chromeAndroid, { telegram: true }).inApp, "Telegram");
});

test("errors of getUserMedia have one obstacle each", () => {
  const names = ["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError", "TypeError"];
  assert.deepEqual(names.map(obstacleOf), ["denied", "none", "busy", "none", "failed"]);
});

test("every obstacle has a title, a text and steps in every browser, without blanks", () => {
  const obstacles = ["denied", "none", "busy", "insecure", "old", "in_app", "failed"];
  for (const agent of [...Object.values(AGENTS), ...Object.values(INSIDE)]) {
    for (const obstacle of obstacles) {
      for (const device of ["camera", "microphone", "both"]) {
        const help = helpFor(obstacle, device, surroundings(agent));
        const texts = [help.title, help.text, ...help.steps];
        assert.ok(help.steps.length >= 1);
        assert.ok(
          texts.every((text) => text.trim() && !/undefined|null|NaN/.test(text)),
          texts.join(" | "),
        );
      }
    }
  }
});

test("the way to the permission differs by browser", () => {
  const steps = (agent) => helpFor("denied", "both", surroundings(agent)).steps.join(" ");
  assert.match(steps(AGENTS.safariPhone), /Настройки веб-сайта/);
  assert.match(steps(AGENTS.chromePhone), /Chrome/);
  assert.match(steps(AGENTS.yandexAndroid), /Яндекс/);
  assert.match(steps(AGENTS.chromeWindows), /Windows/);
});

const ABLE = {
  isSecureContext: true,
  mediaDevices: true,
  peerConnection: true,
  replaceTrack: true,
  audioWorklet: true,
};

test("an insecure page is told before an old browser", () => {
  assert.equal(incapable(ABLE), null);
  assert.equal(incapable({ ...ABLE, isSecureContext: false, mediaDevices: false }), "insecure");
  assert.equal(incapable({ ...ABLE, peerConnection: false }), "old");
});
