/** The sheet of codes: a button that prints it. */

import { $, show } from "../ui/dom.js";

const button = $("print");
button.addEventListener("click", () => window.print());
show(button, true);
