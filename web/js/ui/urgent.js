/**
 * Who needs somebody now, over all rooms: named above the wall, where it is seen without scrolling.
 *
 * Elements: #urgent with buttons [data-urgent="interview"]; a press leads to the person's row.
 */

import { lineGrade, severity } from "../core/severity.js";
import { $, h, icon, keyed, setText, show } from "./dom.js";
import { alarmText } from "./people.js";

/** @typedef {import("../core/wire.js").Person} Person */
/** @typedef {import("../core/wire.js").RoomView} RoomView */
/** @typedef {import("../core/wire.js").SeatQuality} SeatQuality */

/**
 * Those in need, in the order of the rooms, each with the reason in words.
 * @param {readonly RoomView[]} rooms
 * @param {Readonly<Record<string, SeatQuality>>} quality
 * @returns {{interview: string, text: string}[]}
 */
export function urgentOf(rooms, quality) {
  return rooms.flatMap((room) =>
    room.people
      .filter((person) => severity(person, quality[person.seat]) === 3)
      .map((person) => ({
        interview: String(person.interview),
        text: `Аудитория ${room.number} · ${person.name}: ${reasons(person, quality[person.seat])}`,
      })),
  );
}

/** @param {Person} person @param {SeatQuality|undefined} quality */
function reasons(person, quality) {
  const words = person.help ? ["просит помощи"] : [];
  if (!person.present) words.push("не на связи");
  words.push(...person.alarms.map((kind) => alarmText(kind).toLowerCase()));
  if (lineGrade(quality) === "bad") words.push("плохая связь");
  return words.join(", ");
}

/** @param {readonly RoomView[]} rooms @param {Readonly<Record<string, SeatQuality>>} quality */
export function drawUrgent(rooms, quality) {
  const people = urgentOf(rooms, quality);
  show($("urgent"), people.length > 0);
  keyed(
    $("urgent"),
    people,
    ({ interview }) => interview,
    ({ interview }) => {
      const button = h(
        "button",
        { class: "urgent-button", type: "button", "data-urgent": interview },
        icon("warn"),
        h("span", null),
      );
      button.addEventListener("click", () => lead(interview));
      return h("li", null, button);
    },
    (element, { text }) => setText(/** @type {Element} */ (element.querySelector("span")), text),
  );
}

/** @param {string} interview */
function lead(interview) {
  const row = document.querySelector(`[data-person="${interview}"]`);
  row?.scrollIntoView({ block: "center" });
  const button = row?.querySelector("button:not([hidden])");
  if (button instanceof HTMLElement) button.focus({ preventScroll: true });
}
