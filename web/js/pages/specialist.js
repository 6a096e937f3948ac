/**
 * The technical specialist's page: the wall of the day and the private check of one who waits.
 *
 * For tests — body[data-check] ("none" or the interview's id), body[data-socket], body[data-media], body[data-muted];
 * #rooms [data-room], [data-person="interview"][data-state][data-severity] with
 * [data-act="check"|"own"|"replace"|"free"]; the new link #new-link, #new-link-url, #new-link-qr, #new-link-close;
 * [data-staff-seat] with [data-act="free"]; #check, #check-name, #check-stop, [data-verdict="good|acceptable|bad"],
 * #verdict-note; #tile-participant[data-live]; #room-tabs [data-room-tab]; #staff, #notes, #say, #say-send;
 * the question #confirm with #confirm-yes, #confirm-no.
 */

import { readBoot } from "../core/boot.js";
import { Capture } from "../core/capture.js";
import { longDate, milliseconds, percent } from "../core/format.js";
import { helpFor } from "../core/obstacles.js";
import { worst } from "../core/severity.js";
import { here, PLUG_OF } from "../ui/devices.js";
import { ask } from "../ui/dialog.js";
import { $, press, setData, setText, show, typed } from "../ui/dom.js";
import { NotesPanel } from "../ui/notes.js";
import { RoomTabs, Wall } from "../ui/rooms.js";
import { keepTime, showLine, showRecording, showTitle } from "../ui/staffbar.js";
import { Tile } from "../ui/tile.js";
import { toast } from "../ui/toast.js";
import { Link } from "./link.js";

/** @typedef {import("../core/wire.js").SpecialistView} SpecialistView */
/** @typedef {import("../core/wire.js").Person} Person */

performance.mark("page-ready");

const boot = readBoot();
/** @type {SpecialistView|null} */
let view = null;
/** Between the press and the server's word the microphone is open already. */
let starting = false;

const capture = new Capture(["microphone"], {
  track: (kind, track) => void link.peer.plug(PLUG_OF[kind], track),
  change: () => drawCheck(),
});
const link = new Link(boot, {
  view: (next) => take(next),
  line: () => showLine(link),
  message: (message) => {
    if (message.type !== "quality") return;
    wall.measured(message.seats);
    drawCheck();
  },
  released: () => {
    capture.close();
    view = null;
  },
});
link.room = null;

const participant = new Tile($("tile-participant"), {
  none: "",
  wait: "Ждём изображение…",
  lost: "Камера не передаёт изображение",
});
const tabs = new RoomTabs(() => draw());
const notes = new NotesPanel("specialist", {
  say: (text) => link.ask({ type: "say", room: chosenRoom(), text }),
  call: (to) => link.ask({ type: "call", room: chosenRoom(), to }),
});
const wall = new Wall({
  lines: true,
  acts: [
    {
      name: "check",
      text: "Поговорить: он услышит вас",
      on: (person) =>
        person.present &&
        (person.state === "testing" || person.state === "waiting") &&
        view?.check?.interview !== person.interview,
      run: (person) => startCheck(person),
    },
    {
      name: "free",
      text: "Освободить место",
      look: "button-quiet",
      on: (person) => person.present,
      run: (person) => free(person.seat, person.name),
    },
  ],
  otherDevice: [
    {
      name: "own",
      text: "Это участник",
      on: (person) => Boolean(person.other_device),
      run: (person) => link.ask({ type: "own_device", interview: person.interview }),
    },
    {
      name: "replace",
      text: "Заменить ссылку",
      on: (person) => Boolean(person.other_device),
      run: (person) => replaceLink(person),
    },
  ],
  freeStaff: (member) => free(member.seat, member.name),
});

/** @param {SpecialistView} next */
function take(next) {
  view = next;
  link.enter(next.check?.room ?? null);
  link.expectSound(next.check !== null);
  if (next.check && !capture.wanted) void capture.open();
  if (!next.check && !starting) capture.close();
  participant.from(next.check ? String(next.check.interview) : null);
  draw();
}

function draw() {
  if (!view) return;
  document.body.dataset.phase = "wall";
  showTitle("Технический специалист", `${longDate(view.day.date)} · ${boot.name}`);
  const recording = view.rooms.flatMap((room) => room.recording.alarms ?? []);
  showRecording({ on: view.rooms.some((room) => room.recording.on), alarms: recording });
  wall.draw(view.rooms);
  const room = tabs.draw(view.rooms);
  notes.draw(room?.staff ?? [], room?.notes ?? [], String(room?.id ?? ""));
  const troubles = view.alarms.length;
  document.title = `${troubles ? `(${troubles}) ` : ""}Технический специалист`;
  drawCheck();
}

function chosenRoom() {
  return view?.rooms.find((room) => String(room.id) === tabs.chosen)?.id ?? null;
}

/** The person under check. @returns {Person|null} */
function checked() {
  const id = view?.check?.interview;
  if (id === undefined) return null;
  return view?.rooms.flatMap((room) => room.people).find((person) => person.interview === id) ?? null;
}

function drawCheck() {
  const person = checked();
  document.body.dataset.check = person ? String(person.interview) : "none";
  show($("check"), person !== null);
  show($("check-none"), person === null);
  if (!person) return;
  setText($("check-name"), person.name);
  const microphone = capture.devices.microphone;
  setText(
    $("check-hint"),
    microphone.track
      ? "Участник вас слышит. Это не записывается."
      : microphone.obstacle
        ? "Ваш микрофон не работает: участник вас не слышит."
        : "Включаем ваш микрофон…",
  );
  const values = worst(wall.quality[person.seat]);
  setText(
    $("check-quality"),
    `Потери ${percent(values.loss)} · задержка ${milliseconds(values.rtt_ms)} · дрожание ${milliseconds(values.jitter_ms)}`,
  );
  for (const button of document.querySelectorAll("[data-verdict]")) {
    if (button instanceof HTMLElement)
      button.setAttribute("aria-pressed", String(person.verdict?.verdict === button.dataset.verdict));
  }
}

/** @param {Person} person */
async function startCheck(person) {
  starting = true;
  try {
    await capture.open();
    if (!capture.complete) {
      const help = helpFor(capture.devices.microphone.obstacle ?? "failed", "microphone", here());
      toast(`${help.title}. ${help.steps[0] ?? ""}`, "bad");
      return;
    }
    typed("verdict-note", HTMLInputElement).value = person.verdict?.note ?? "";
    await link.ask({ type: "check", interview: person.interview });
  } finally {
    starting = false;
    if (!view?.check) setTimeout(() => !view?.check && !starting && capture.close(), 2000);
  }
}

/** @param {string} seat @param {string} name */
async function free(seat, name) {
  const yes = await ask({
    title: "Освободить место?",
    text: `Страница, на которой сейчас открыта ссылка (${name}), остановится. Сделайте так, если ссылкой пользуется кто-то чужой или она зависла на другом устройстве.`,
    yes: "Освободить",
    danger: true,
  });
  if (yes !== null) await link.ask({ type: "free_seat", seat });
}

/** The new link is shown once, to be passed on by phone. @param {Person} person */
async function replaceLink(person) {
  const yes = await ask({
    title: "Заменить ссылку?",
    text: `Нынешняя ссылка (${person.name}) сразу перестанет открываться, и её страницы остановятся. Место и очередь сохранятся: участник продолжит по новой ссылке, её нужно передать по телефону.`,
    yes: "Заменить",
    danger: true,
  });
  if (yes === null) return;
  const answer = await link.ask({ type: "replace_link", interview: person.interview });
  setText($("new-link-name"), person.name);
  setText($("new-link-url"), String(answer.url));
  typed("new-link-qr", HTMLImageElement).src = String(answer.qr);
  typed("new-link", HTMLDialogElement).showModal();
}

press($("new-link-copy"), async () => {
  await navigator.clipboard.writeText($("new-link-url").textContent ?? "");
  toast("Ссылка скопирована.", "good");
});
press($("new-link-close"), () => {
  typed("new-link", HTMLDialogElement).close();
  setText($("new-link-url"), "");
  typed("new-link-qr", HTMLImageElement).removeAttribute("src");
});
press($("check-stop"), () => link.ask({ type: "check", interview: null }));
for (const button of document.querySelectorAll("[data-verdict]")) {
  if (!(button instanceof HTMLElement)) continue;
  press(button, async () => {
    const person = checked();
    if (!person) return;
    const note = typed("verdict-note", HTMLInputElement).value.trim();
    await link.ask({ type: "verdict", interview: person.interview, verdict: button.dataset.verdict, note });
    toast("Оценка сохранена, экзаменатор её видит.", "good");
  });
}

setData(document.body, "check", "none");
keepTime(link);
link.open();
