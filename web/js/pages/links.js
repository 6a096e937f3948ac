/** Copies a link by its button; without the clipboard the address stays on the page to be marked by hand. */
import { h } from "../ui/dom.js";

const said = h("p", { class: "visually-hidden", role: "status" });
document.body.append(said);

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLElement) || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? "");
      button.dataset.copied = "yes";
      said.textContent = "Ссылка скопирована.";
      setTimeout(() => delete button.dataset.copied, 2000);
    } catch {
      said.textContent = "Браузер не дал скопировать: выделите ссылку сами.";
    }
  });
}
