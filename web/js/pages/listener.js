/**
 * The page of those who only listen: the expert and the observer. It asks for no device, ever.
 *
 * For tests — body[data-phase] (idle, admitted, exam), body[data-kind], body[data-socket], body[data-media],
 * body[data-muted="yes"] and #listen when the browser keeps the sound off; #tile-participant, #tile-examiner,
 * #tile-screen, #tile-third [data-live]; #current-name, #elapsed; the expert's #staff, #notes, #say, #say-send.
 */

import { readBoot } from "../core/boot.js";
import { longDate } from "../core/format.js";
import { WakeLock } from "../core/wake.js";
import { Conference } from "../ui/conference.js";
import { NotesPanel } from "../ui/notes.js";
import { keepTime, showLine, showRecording, showTitle } from "../ui/staffbar.js";
import { Link } from "./link.js";

/** @typedef {import("../core/wire.js").ListenerView} ListenerView */

performance.mark("page-ready");

const boot = readBoot();
const link = new Link(boot, { view: (view) => draw(view), line: () => showLine(link) });
const conference = new Conference(link);
const notes =
  boot.kind === "expert"
    ? new NotesPanel("expert", {
        say: (text) => link.ask({ type: "say", text }),
        call: (to) => link.ask({ type: "call", to }),
      })
    : null;

/** @param {ListenerView} view */
function draw(view) {
  const { current, room, day } = view;
  document.body.dataset.phase = current ? (current.state === "exam" ? "exam" : "admitted") : "idle";
  showTitle(
    `Аудитория ${room.number}${room.title && room.title !== String(room.number) ? ` · ${room.title}` : ""}`,
    `${longDate(day.date)} · ${boot.name}`,
  );
  showRecording(view.recording);
  conference.show({
    source: current ? String(current.interview) : null,
    name: current?.name ?? "",
    about: current
      ? [
          `класс ${current.class}`,
          current.ovz ? "ОВЗ: +30 минут" : "",
          current.state === "exam" ? "" : "подготовка к собеседованию",
        ]
          .filter(Boolean)
          .join(" · ")
      : "",
    admittedAt: current?.admitted_at ?? null,
    begunAt: current?.begun_at ?? null,
    empty: "Участника пока не пригласили",
  });
  notes?.draw(view.staff ?? [], view.notes ?? []);
}

new WakeLock().keep(true);
keepTime(link);
link.open();
