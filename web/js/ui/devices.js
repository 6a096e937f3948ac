/** The person's own picture, the choice of devices, and where the page runs. */

import { surroundings } from "../core/obstacles.js";
import { h, setData, show } from "./dom.js";

/** @typedef {import("../core/capture.js").Capture} Capture */
/** @typedef {import("../core/capture.js").DeviceKind} DeviceKind */

/** @returns {import("../core/obstacles.js").Surroundings} */
export function here() {
  return surroundings(navigator.userAgent, {
    touch: navigator.maxTouchPoints > 1,
    telegram: "TelegramWebviewProxy" in globalThis || "TelegramWebview" in globalThis,
  });
}

/** The plug that a device feeds. @type {Readonly<Record<DeviceKind, string>>} */
export const PLUG_OF = { microphone: "voice", camera: "camera" };

/** Shows the own camera in every video[data-self]. @param {MediaStreamTrack|null} track */
export function showSelf(track) {
  for (const video of document.querySelectorAll("video[data-self]")) {
    if (!(video instanceof HTMLVideoElement)) continue;
    video.srcObject = track ? new MediaStream([track]) : null;
    if (track) void video.play().catch(() => undefined);
    const figure = video.closest("figure");
    if (figure) setData(figure, "live", track ? "yes" : "no");
  }
}

/**
 * Selects for devices where there is more than one.
 * @param {HTMLElement} container
 * @param {Capture} capture
 */
export async function offerChoices(container, capture) {
  const labels = { microphone: "Микрофон", camera: "Камера" };
  /** @type {HTMLElement[]} */
  const fields = [];
  for (const kind of capture.kinds) {
    const choices = await capture.choices(kind);
    if (choices.length < 2) continue;
    const id = `${container.id}-${kind}`;
    const select = h(
      "select",
      { id, class: "input", change: () => void capture.choose(kind, select.value) },
      ...choices.map(({ id: value, label, chosen }) => h("option", { value, selected: chosen }, label)),
    );
    fields.push(h("div", { class: "field" }, h("label", { for: id }, labels[kind]), select));
  }
  container.replaceChildren(...fields);
  show(container, fields.length > 0);
}
