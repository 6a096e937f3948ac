/** The strip that tells of a lost link with the server, after a moment of patience. */

import { $, setText, show } from "./dom.js";

const PATIENCE_MS = 2500;

/**
 * @param {() => string} socketState
 * @param {() => boolean} talking whether a conversation goes on without the server
 */
export function watch(socketState, talking) {
  const strip = $("link-banner");
  const text = $("link-banner-text");
  let since = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (socketState() !== "connecting") since = now;
    const lost = now - since > PATIENCE_MS;
    show(strip, lost);
    if (!lost) return;
    const words =
      navigator.onLine === false
        ? "Нет интернета. Проверьте Wi-Fi или мобильную связь."
        : "Нет связи с сервером.";
    setText(
      text,
      `${words} ${talking() ? "Звук и изображение идут." : ""} Страница восстановится сама.`.replace(
        /\s+/g,
        " ",
      ),
    );
  }, 500);
}
