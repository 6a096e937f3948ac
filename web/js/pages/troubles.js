/**
 * What goes wrong on the participant's side while he waits or answers: told to him in a banner and to the server.
 *
 * Elements: #alarm-banner[data-kind], #alarm-title, #alarm-text, #alarm-fix.
 */

import { helpFor } from "../core/obstacles.js";
import { $, press, setData, setText, show } from "../ui/dom.js";
import { toast } from "../ui/toast.js";

/** @typedef {import("../core/capture.js").Capture} Capture */
/** @typedef {import("../core/wire.js").AlarmKind} AlarmKind */
/** @typedef {{kind: AlarmKind|"returned", title: string, text: string, fix: boolean}} Trouble */

const RETURNED_MS = 12_000;

/**
 * The trouble to tell first. Pure.
 * @param {object} now
 * @param {boolean} now.microphone it is there
 * @param {boolean} now.camera it is there and gives a picture
 * @param {boolean} now.muted the system keeps the microphone silent
 * @param {boolean} now.withoutCamera he goes without a camera, knowingly
 * @param {boolean} [now.thrifty] the line carries no picture
 * @param {boolean} now.returned he has just come back to the page
 * @returns {Trouble|null}
 */
export function firstTrouble({ microphone, camera, muted, withoutCamera, thrifty = false, returned }) {
  const unseen = !camera && !withoutCamera;
  if (!microphone) {
    return {
      kind: "microphone_lost",
      title: unseen ? "Камера и микрофон не работают" : "Микрофон не работает",
      text: unseen
        ? "Вас не видно и не слышно. Закройте другие приложения и включите устройства снова."
        : "Вас не слышно. Проверьте, не отключились ли наушники, и включите микрофон снова.",
      fix: true,
    };
  }
  if (muted) {
    return {
      kind: "microphone_muted",
      title: "Микрофон выключен",
      text: "Вас не слышно. Возможно, идёт звонок или микрофон выключен кнопкой. Закончите звонок или нажмите кнопку микрофона на устройстве.",
      fix: true,
    };
  }
  if (unseen) {
    return {
      kind: "camera_lost",
      title: "Камера не работает",
      text: "Вас не видно. Закройте другие приложения и включите камеру снова.",
      fix: true,
    };
  }
  if (thrifty && !withoutCamera) {
    return {
      kind: "line_poor",
      title: "Связь слабая, передаём только голос",
      text: "Вас слышно, но пока не видно. Продолжайте: камера включится сама, когда связь станет лучше.",
      fix: false,
    };
  }
  if (!returned) return null;
  return {
    kind: "returned",
    title: "Не сворачивайте страницу",
    text: "Пока страница была свёрнута, вас могло быть не видно. Экзаменатор об этом знает — просто продолжайте.",
    fix: false,
  };
}

export class Troubles {
  /** Whether the devices have been asked for and answered. */
  settled = false;
  #returnedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param {object} at
   * @param {import("./link.js").Link} at.link
   * @param {Capture} at.capture
   * @param {import("../core/obstacles.js").Surroundings} at.where
   * @param {() => boolean} at.watched whether he waits or answers
   * @param {() => boolean} at.answering
   * @param {() => boolean} at.bannerAllowed
   * @param {() => boolean} at.withoutCamera
   */
  constructor(at) {
    this.at = at;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && at.answering()) this.#returnedAt = performance.now();
      this.draw();
    });
    press($("alarm-fix"), () => this.#fix());
    setInterval(() => this.draw(), 1000);
  }

  draw() {
    const { link, capture, watched, answering, bannerAllowed, withoutCamera } = this.at;
    const { microphone, camera } = capture.devices;
    const on = watched();
    const unseen = !camera.track || camera.muted;
    link.alarm("microphone_lost", on && this.settled && !microphone.track);
    link.alarm("microphone_muted", on && microphone.track !== null && microphone.muted);
    link.alarm("camera_lost", on && this.settled && unseen);
    link.alarm("page_hidden", on && document.hidden);
    const now =
      on && bannerAllowed()
        ? firstTrouble({
            microphone: !this.settled || microphone.track !== null,
            camera: !this.settled || !unseen,
            muted: microphone.muted,
            withoutCamera: withoutCamera(),
            thrifty: link.thrift.on,
            returned: answering() && performance.now() - this.#returnedAt < RETURNED_MS,
          })
        : null;
    const banner = $("alarm-banner");
    setData(banner, "kind", now?.kind ?? null);
    show(banner, now !== null);
    if (!now) return;
    setText($("alarm-title"), now.title);
    setText($("alarm-text"), now.text);
    show($("alarm-fix"), now.fix);
  }

  async #fix() {
    const { capture, where } = this.at;
    const { microphone } = capture.devices;
    const chosen = microphone.track?.getSettings().deviceId;
    if (microphone.track && microphone.muted && chosen) await capture.choose("microphone", chosen);
    else await capture.open();
    const missing = capture.missing[0];
    if (!missing) return;
    const help = helpFor(capture.devices[missing].obstacle ?? "failed", missing, where);
    toast(`${help.title}. ${help.steps[0] ?? ""}`, "bad");
  }
}
