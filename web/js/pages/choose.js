/** Long lists of checkboxes: one button marks all of them or none. The list works without it too. */
import { h } from "../ui/dom.js";

for (const form of document.querySelectorAll("form[data-choose]")) {
  const boxes = /** @type {HTMLInputElement[]} */ ([
    ...form.querySelectorAll("input[type=checkbox]:not(:disabled)"),
  ]);
  const submit = form.querySelector("button[type=submit]");
  if (boxes.length < 2 || !submit) continue;
  const all = h("button", { type: "button", class: "button" }, "Отметить всех");
  const words = submit.textContent ?? "";
  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.textContent = count === boxes.length ? "Снять отметки" : "Отметить всех";
    submit.textContent = count ? `${words} (${count})` : words;
  };
  all.addEventListener("click", () => {
    const on = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = on;
    show();
  });
  form.addEventListener("change", show);
  submit.before(all);
  show();
}
