/**
 * The device test of a participant: permission, voice recorded and played back, verdict in plain words.
 *
 * Its elements are named at the head of participant.js.
 */

import { tabFlag } from "../core/boot.js";
import { alreadyAllowed, incapability } from "../core/capture.js";
import { classify } from "../core/level.js";
import { helpFor } from "../core/obstacles.js";
import { offerChoices } from "../ui/devices.js";
import { $, h, icon, press, setText, show } from "../ui/dom.js";
import { LOUDNESS } from "../ui/meter.js";
import { toast } from "../ui/toast.js";

/** @typedef {import("../core/obstacles.js").Obstacle} Obstacle */
/** @typedef {import("../core/obstacles.js").Device} Device */
/** @typedef {"opening"|"allow"|"obstacle"|"voice"|"bad"|"verdict"} Step */
/**
 * @typedef {object} Rehearsal
 * @property {() => Promise<void>} speaks the person is about to speak: the server is to listen
 * @property {() => void} done the server has given its result
 */
/**
 * @typedef {object} TestSurroundings
 * @property {import("./link.js").Link} link
 * @property {import("../core/capture.js").Capture} capture
 * @property {import("../core/microphone.js").Ear} ear
 * @property {import("../ui/meter.js").Meter} meter
 * @property {import("../core/obstacles.js").Surroundings} where
 * @property {() => boolean} shown whether the test is on the screen now
 * @property {() => boolean} mayJoin whether the queue comes next
 * @property {() => void} leave back to where the test was opened from
 * @property {Rehearsal} [rehearsal] on an earlier day
 */

const RECORD_MS = 5000;

export class DeviceTest {
  /** Whether this person has been through the test in this tab. */
  passed = false;
  /** Whether the participant goes without a camera, knowingly. */
  withoutCamera = false;
  /** @type {Step} */
  #step = "opening";
  #again = false;
  /** @type {AudioBuffer|null} */
  #sound = null;
  /** @type {import("../core/level.js").Hearing|null} */
  #hearing = null;
  #reported = "";

  /** @param {TestSurroundings} surroundings */
  constructor(surroundings) {
    this.at = surroundings;
    const { name } = surroundings.link.boot;
    this.passed = tabFlag("tested") === name;
    press($("devices-open"), () => this.#openDevices());
    press($("obstacle-retry"), () => this.#openDevices());
    press($("obstacle-skip"), () => this.#skip());
    press($("copy-link"), async () => {
      await copy(location.href);
      toast("Ссылка скопирована. Вставьте её в адрес браузера.", "good");
    });
    press($("voice-record"), () => this.#record());
    press($("voice-replay"), () => this.#playBack());
    press($("voice-good"), async () => {
      if (!surroundings.rehearsal) tabFlag("tested", name);
      await this.#conclude();
    });
    press($("voice-bad"), async () => {
      await this.#report();
      this.#bad();
    });
    press($("bad-retry"), () => this.#startVoice());
    press($("bad-skip"), () => this.#conclude());
    press($("test-again"), () => this.#startVoice());
    press($("test-done"), () => surroundings.leave());
    for (const id of surroundings.rehearsal ? [] : ["bad-help", "obstacle-help"]) {
      press($(id), async () => {
        await surroundings.link.ask({ type: "help", on: true });
        toast("Специалист знает, что вам нужна помощь. Он подключится к вам на этой странице.", "good");
      });
    }
  }

  /** @param {boolean} again asked for by the person: from the beginning, even if passed before */
  async begin(again) {
    const { capture, where } = this.at;
    this.#again = again;
    const lacking = incapability();
    this.#go("opening");
    if (lacking) this.#obstacle(lacking, "both");
    else if (where.inApp && !capture.complete) this.#obstacle("in_app", "both");
    else if (capture.complete || (await alreadyAllowed(["microphone", "camera"]))) await this.#openDevices();
    else this.#go("allow");
  }

  /** Another microphone came while the test runs. @param {MediaStreamTrack} track */
  hear(track) {
    if (this.#step === "voice" && this.at.shown()) void this.#listen(track);
  }

  /** @param {Step} next */
  #go(next) {
    this.#step = next;
    const section = /** @type {HTMLElement} */ (document.querySelector('section[data-screen="test"]'));
    section.dataset.step = next;
    for (const part of section.querySelectorAll("[data-step-of]")) {
      show(part, part instanceof HTMLElement && part.dataset.stepOf === next);
    }
    if (next !== "voice") {
      this.at.ear.deafen();
      this.at.ear.hush();
    }
    window.scrollTo(0, 0);
    const title = section.querySelector(`[data-step-of="${next}"] h1`);
    if (title instanceof HTMLElement) title.focus({ preventScroll: true });
  }

  async #openDevices() {
    const { capture } = this.at;
    this.withoutCamera = false;
    await capture.open();
    if (!this.at.shown()) return;
    const { microphone, camera } = capture.devices;
    if (microphone.track && camera.track) {
      if (this.passed && !this.#again) this.#verdict();
      else this.#startVoice();
      return;
    }
    const both = !microphone.track && !camera.track && microphone.obstacle === camera.obstacle;
    const device = both ? "both" : microphone.track ? "camera" : "microphone";
    this.#obstacle((device === "camera" ? camera.obstacle : microphone.obstacle) ?? "failed", device);
    await this.#report();
  }

  /** @param {Obstacle} kind @param {Device} device */
  #obstacle(kind, device) {
    const help = helpFor(kind, device, this.at.where);
    $("obstacle").dataset.obstacle = kind;
    setText($("obstacle-title"), help.title);
    setText($("obstacle-text"), help.text);
    $("obstacle-steps").replaceChildren(...help.steps.map((text) => h("li", null, text)));
    show($("copy-link"), kind === "in_app" || kind === "old" || kind === "insecure");
    show($("obstacle-retry"), kind !== "old" && kind !== "insecure");
    setText($("obstacle-retry"), kind === "in_app" ? "Всё равно попробовать здесь" : "Попробовать ещё раз");
    $("obstacle-retry").classList.toggle("button-primary", kind !== "in_app");
    $("copy-link").classList.toggle("button-primary", kind === "in_app");
    const back = this.at.rehearsal ? "Закончить проверку" : "Вернуться";
    const next = this.at.mayJoin() ? "Встать в очередь без проверки" : back;
    setText($("obstacle-skip"), device === "camera" ? "Продолжить без камеры" : next);
    this.#go("obstacle");
  }

  async #skip() {
    const { capture, link } = this.at;
    this.withoutCamera = capture.devices.camera.track === null;
    await this.#report();
    if (capture.devices.microphone.track) this.#startVoice();
    else if (this.at.rehearsal) this.at.rehearsal.done();
    else if (this.at.mayJoin()) await link.ask({ type: "join" });
    else this.at.leave();
  }

  #startVoice() {
    const { capture, meter } = this.at;
    this.#sound = null;
    this.#hearing = null;
    meter.reset();
    part("start");
    show($("voice-advice"), false);
    this.#go("voice");
    const { track } = capture.devices.microphone;
    if (track) void this.#listen(track);
    void offerChoices($("device-choice"), capture);
  }

  /** @param {MediaStreamTrack} track */
  async #listen(track) {
    this.at.meter.reset();
    await this.at.ear.listen(track).catch(() => undefined);
  }

  async #record() {
    await this.at.rehearsal?.speaks();
    part("recording");
    show($("voice-advice"), false);
    const end = performance.now() + RECORD_MS;
    const count = () =>
      setText($("voice-left"), String(Math.max(1, Math.ceil((end - performance.now()) / 1000))));
    count();
    const counting = setInterval(count, 200);
    const { sound, frames } = await this.at.ear.record(RECORD_MS);
    clearInterval(counting);
    if (this.#step !== "voice" || !this.at.shown()) return;
    this.#sound = sound;
    this.#hearing = frames.length ? classify(frames) : null;
    if (!this.#hearing || this.#hearing.loudness === "silent") {
      await this.#report();
      this.#bad();
      return;
    }
    const { advice, text } = LOUDNESS[this.#hearing.loudness];
    setText($("voice-advice"), advice ? `${text}. ${advice}` : "");
    show($("voice-advice"), Boolean(advice));
    part("playing");
    $("voice-playing").scrollIntoView({ block: "nearest" });
    void this.#playBack();
  }

  async #playBack() {
    if (!this.#sound) return;
    setText($("voice-playing-text"), "Слушайте свой голос…");
    await this.at.ear.play(this.#sound);
    setText($("voice-playing-text"), "Это была ваша запись.");
  }

  #bad() {
    const words = this.#hearing ? LOUDNESS[this.#hearing.loudness] : null;
    let advice = "Попробуйте вот что, а потом запишите голос ещё раз:";
    if (words?.advice) advice = `${words.text}. ${words.advice}`;
    else if (!words) {
      advice =
        "Браузер не смог записать звук для проверки. Попробуйте ещё раз или продолжите: связь проверит специалист.";
    }
    setText($("bad-advice"), advice);
    this.#go("bad");
  }

  async #conclude() {
    this.passed = true;
    await this.#report();
    if (this.at.rehearsal) this.at.rehearsal.done();
    else this.#verdict();
  }

  #verdict() {
    const { capture, link } = this.at;
    const { microphone, camera } = capture.devices;
    const loudness = this.#hearing?.loudness ?? "ok";
    const line = link.word();
    /** @type {[boolean, string][]} */
    const rows = [
      [camera.track !== null, camera.track ? "Камера работает" : "Камеры нет — скажите об этом специалисту"],
      [microphone.track !== null && loudness === "ok", microphoneWord(microphone.track !== null, loudness)],
      [line.grade === "good", line.text],
    ];
    $("verdict-list").replaceChildren(
      ...rows.map(([good, text]) =>
        h("li", { "data-good": good ? "yes" : "no" }, icon(good ? "check" : "warn"), h("span", null, text)),
      ),
    );
    setText($("verdict-title"), rows.every(([good]) => good) ? "Всё готово" : "Можно продолжать");
    this.#go("verdict");
  }

  /** Tells the server how the devices are, when that has changed. */
  async #report() {
    const { capture, link, where } = this.at;
    const { microphone, camera } = capture.devices;
    const settings = camera.track?.getSettings();
    const hearing = this.#hearing;
    const message = {
      type: "devices",
      camera: camera.track ? "ok" : (camera.obstacle ?? "none"),
      microphone: microphone.track ? (hearing?.loudness ?? "ok") : (microphone.obstacle ?? "none"),
      detail: {
        browser: where.browser,
        system: where.system,
        ...(settings?.width && settings.height ? { width: settings.width, height: settings.height } : {}),
        ...(hearing
          ? { speech_dbfs: Math.round(hearing.speech), floor_dbfs: Math.round(hearing.floor) }
          : {}),
      },
    };
    const text = JSON.stringify(message);
    if (text === this.#reported && !this.at.rehearsal) return;
    await link.ask(message).then(
      () => {
        this.#reported = text;
      },
      () => undefined,
    );
  }
}

/** @param {boolean} present @param {import("../core/level.js").Loudness} loudness */
function microphoneWord(present, loudness) {
  if (!present) return "Микрофона нет — скажите об этом специалисту";
  return loudness === "ok" ? "Микрофон работает, слышно хорошо" : LOUDNESS[loudness].text;
}

/** @param {"start"|"recording"|"playing"} name */
function part(name) {
  show($("voice-start"), name === "start");
  show($("voice-recording"), name === "recording");
  show($("voice-playing"), name === "playing");
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { class: "visually-hidden", readonly: true });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
