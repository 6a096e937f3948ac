/**
 * For browsers that are too old to run the page at all: says so. A plain script of plain words, so that they can read it.
 */
(() => {
  const PATIENCE_MS = 8000;

  setTimeout(() => {
    if (document.body.getAttribute("data-socket") !== null) return;
    const banner = document.getElementById("link-banner");
    const text = document.getElementById("link-banner-text");
    if (!banner || !text) return;
    text.textContent =
      "Страница не запускается: возможно, браузер слишком старый. Обновите его или откройте эту ссылку в новом Chrome или Яндекс Браузере.";
    banner.removeAttribute("hidden");
  }, PATIENCE_MS);
})();
