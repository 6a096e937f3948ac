/** The bar over every staff page: recording, connection, time; title and tab. */

import { timeOfDay } from "../core/format.js";
import { $, setData, setText } from "./dom.js";
import { recordingTroubles } from "./people.js";

/** @typedef {import("../pages/link.js").Link} Link */
/** @typedef {import("../core/wire.js").Recording} Recording */

/** @param {Link} link */
export function keepTime(link) {
  const draw = () => setText($("now"), timeOfDay(link.clock.now()));
  draw();
  setInterval(draw, 1000);
}

/** @param {Link} link */
export function showLine(link) {
  const { grade, text } = link.word();
  setData($("line"), "grade", grade);
  setText($("line-text"), text);
}

/** @param {Recording|null|undefined} recording */
export function showRecording(recording) {
  const troubles = recordingTroubles(recording);
  setData($("recording"), "on", troubles.length ? "trouble" : recording?.on ? "yes" : "no");
  setText(
    $("recording-text"),
    troubles.length ? "Запись: внимание" : recording?.on ? "Идёт запись" : "Запись не идёт",
  );
}

/** @param {string} title @param {string} about */
export function showTitle(title, about) {
  setText($("bar-title"), title);
  setText($("bar-about"), about);
}
