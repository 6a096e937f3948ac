/**
 * The examiner's page: the participant, the queue, the screen to show.
 *
 * For tests — body[data-phase] (idle, admitted, exam), body[data-socket], body[data-media], body[data-muted];
 * the queue #queue with rows [data-interview="id"][data-state][data-next] and in them [data-act="admit"] and, after
 * [data-act="more"], [data-act="no_show"|"remove"|"reverse"]; #admit-next, #begin, #finish, #send-back, #remove;
 * the question #confirm with #confirm-yes, #confirm-no, #confirm-reason; #tile-participant[data-live], #tile-third,
 * #tile-self, #tile-share[data-live], #share-start, #share-stop; #elapsed; #recording[data-on]; #alarms [data-alarm];
 * #staff, #notes, #say, #say-send; #shortcuts, #devices, #device-dialog.
 */

import { readBoot } from "../core/boot.js";
import { Capture } from "../core/capture.js";
import { elapsed, longDate, shortName } from "../core/format.js";
import { helpFor } from "../core/obstacles.js";
import { WakeLock } from "../core/wake.js";
import { here, offerChoices, PLUG_OF, showSelf } from "../ui/devices.js";
import { $, h, icon, keyed, press, setText, show, typed } from "../ui/dom.js";
import { NotesPanel } from "../ui/notes.js";
import { alarmText, KINDS, readiness, recordingTroubles } from "../ui/people.js";
import { Queue } from "../ui/queue.js";
import { ScreenShare } from "../ui/share.js";
import { keepTime, showLine, showRecording, showTitle } from "../ui/staffbar.js";
import * as steps from "../ui/steps.js";
import { Tile } from "../ui/tile.js";
import { Link } from "./link.js";

/** @typedef {import("../core/wire.js").ExaminerView} ExaminerView */
/** @typedef {import("../core/wire.js").QueueEntry} QueueEntry */

performance.mark("page-ready");

const boot = readBoot();
const where = here();
/** @type {ExaminerView|null} */
let view = null;
let devicesSettled = false;

const capture = new Capture(["microphone", "camera"], {
  track: (kind, track) => {
    void link.peer.plug(PLUG_OF[kind], track);
    if (kind === "camera") showSelf(track);
  },
  change: () => drawOwnDevices(),
});

const link = new Link(boot, {
  view: (next) => take(next),
  line: () => showLine(link),
  released: () => {
    capture.close();
    devicesSettled = false;
    void share.end();
    view = null;
  },
  welcome: () => {
    link.tell({ type: "screen", on: share.shown });
    void capture.open().then(() => {
      devicesSettled = true;
      drawOwnDevices();
    });
  },
});

const share = new ScreenShare({
  plug: (track) => link.peer.plug("screen", track),
  tell: (on) => link.tell({ type: "screen", on }),
});
const queue = new Queue({
  admit: ({ interview }) => link.ask({ type: "admit", interview }),
  no_show: (entry) => steps.noShow(link, entry),
  remove: (entry) => remove(entry),
  reverse: (entry) => steps.reverse(link, entry),
});
const participant = new Tile($("tile-participant"), {
  none: "Никого нет на связи",
  wait: "Ждём изображение участника…",
  lost: "Камера участника не передаёт изображение",
});
const third = new Tile($("tile-third"), { none: "", wait: "Ждём изображение…", lost: "Нет изображения" });
const notes = new NotesPanel("examiner", {
  say: (text) => link.ask({ type: "say", text }),
  call: (to) => link.ask({ type: "call", to }),
});

/* What is shown ------------------------------------------------------------------------------------------------ */

/** @param {ExaminerView} next */
function take(next) {
  const before = view?.current?.interview ?? null;
  const after = next.current?.interview ?? null;
  view = next;
  participant.from(after === null ? null : String(after));
  link.expectSound(after !== null);
  third.from(after !== null && next.third ? next.third.seat : null);
  if (before !== null && before !== after) void share.pause();
  draw(next);
}

/** @param {ExaminerView} v */
function draw(v) {
  const { current } = v;
  document.body.dataset.phase = current ? (current.state === "exam" ? "exam" : "admitted") : "idle";
  showTitle(
    `Аудитория ${v.room.number}${v.room.title && v.room.title !== String(v.room.number) ? ` · ${v.room.title}` : ""}`,
    `${longDate(v.day.date)} · ${boot.name}`,
  );
  showRecording(v.recording);
  queue.draw(v.queue, current === null);
  drawActs(v);
  drawAlarms(v);
  show($("third-holder"), v.third !== null && current !== null);
  if (v.third)
    setText(
      /** @type {Element} */ ($("tile-third").querySelector("figcaption")),
      `${KINDS[v.third.kind] ?? ""}: ${shortName(v.third.name)}`,
    );
  notes.draw(v.staff, v.notes);
  tick();
}

/** @param {ExaminerView} v */
function drawActs({ current, queue }) {
  const next = queue.find((entry) => entry.next);
  const inside = current !== null;
  const exam = current?.state === "exam";
  show($("admit-next"), !inside);
  $("admit-next").setAttribute("aria-disabled", String(!next));
  show($("begin"), inside && !exam);
  show($("send-back"), inside && !exam);
  show($("finish"), exam);
  show($("remove"), inside);
  if (current) {
    setText($("current-name"), current.name);
    setText(
      $("current-about"),
      exam
        ? about(current)
        : `${about(current)}. До начала: документ в камеру, в комнате никого, стол пуст, инструкция, экран.`,
    );
  } else if (next) {
    setText($("current-name"), next.name);
    setText($("current-about"), `Следующий · ${about(next)}`);
  } else {
    setText($("current-name"), queue.length ? "Пока никто не ждёт" : "Участников нет");
    setText(
      $("current-about"),
      queue.some((entry) => ["invited", "testing"].includes(entry.state))
        ? "Участник появится в очереди, когда подключится и проверит устройство."
        : "",
    );
  }
}

/** @param {QueueEntry} entry */
function about(entry) {
  return [
    `класс ${entry.class}`,
    entry.ovz ? "ОВЗ: +30 минут" : "",
    ...readiness(entry).map(({ text, note }) =>
      note ? `${text.toLowerCase()} (${note})` : text.toLowerCase(),
    ),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {ExaminerView} v */
function drawAlarms(v) {
  /** @type {{key: string, text: string}[]} */
  const alarms = [];
  if (v.current) {
    if (!v.current.present) {
      const text = "Участник не на связи. Он подключится сам, когда вернётся интернет.";
      alarms.push({ key: "absent", text });
    } else {
      for (const kind of v.current.alarms) {
        alarms.push({ key: kind, text: `У участника: ${alarmText(kind).toLowerCase()}` });
      }
    }
    if (v.current.help)
      alarms.push({ key: "help", text: "Участник просит помощи. Специалист тоже это видит." });
  }
  for (const text of recordingTroubles(v.recording)) alarms.push({ key: text, text });
  if (devicesSettled) {
    if (!capture.devices.microphone.track)
      alarms.push({ key: "own-microphone", text: "Ваш микрофон не работает: участник вас не слышит" });
    else if (capture.devices.microphone.muted)
      alarms.push({ key: "own-muted", text: "Ваш микрофон выключен: участник вас не слышит" });
    if (!capture.devices.camera.track)
      alarms.push({ key: "own-camera", text: "Ваша камера не работает: участник вас не видит" });
  }
  keyed(
    $("alarms"),
    alarms,
    (alarm) => alarm.key,
    (alarm) => {
      const element = h(
        "div",
        { class: "alarm", "data-alarm": alarm.key },
        icon("warn"),
        h("span", null, alarm.text),
      );
      if (alarm.key.startsWith("own-")) {
        const button = h("button", { class: "button", type: "button" }, "Включить снова");
        press(button, reopenDevices);
        element.append(button);
      }
      return element;
    },
    (element, alarm) => setText(/** @type {Element} */ (element.querySelector("span")), alarm.text),
  );
}

function tick() {
  const current = view?.current;
  const since = current ? (current.begun_at ?? current.admitted_at) : null;
  setText($("elapsed"), since === null ? "" : elapsed(link.clock.now() - since));
  setText($("elapsed-label"), since === null ? "" : current?.begun_at ? "Собеседование" : "На связи");
}

/* Steps of the interview ---------------------------------------------------------------------------------------- */

/** @param {QueueEntry} entry */
function remove(entry) {
  return steps.remove(link, entry, "Нужен акт: вызовите ответственного организатора.");
}

press($("admit-next"), () => link.ask({ type: "admit", interview: null }));
press($("begin"), () => link.ask({ type: "begin" }));
press($("finish"), () => view?.current && steps.finish(link, view.current));
press($("send-back"), () => link.ask({ type: "send_back" }));
press($("remove"), () => view?.current && remove(view.current));

/* Own devices --------------------------------------------------------------------------------------------------- */

function drawOwnDevices() {
  const { microphone, camera } = capture.devices;
  link.alarm("microphone_lost", devicesSettled && !microphone.track);
  link.alarm("microphone_muted", microphone.track !== null && microphone.muted);
  link.alarm("camera_lost", devicesSettled && (!camera.track || camera.muted));
  if (view) drawAlarms(view);
}

async function reopenDevices() {
  await capture.open();
  if (!capture.complete) await openDeviceDialog();
}

async function openDeviceDialog() {
  const kind = capture.missing[0];
  const help = kind
    ? helpFor(capture.devices[kind].obstacle ?? "failed", capture.missing.length > 1 ? "both" : kind, where)
    : null;
  $("device-help").replaceChildren(
    ...(help
      ? [
          h("p", { class: "note note-warn" }, icon("warn"), h("span", null, `${help.title}. ${help.text}`)),
          h("ol", { class: "list" }, ...help.steps.map((text) => h("li", null, text))),
        ]
      : [h("p", { class: "note note-good" }, icon("check"), h("span", null, "Камера и микрофон работают."))]),
  );
  show($("device-retry"), help !== null);
  await offerChoices($("device-choice"), capture);
  const dialog = typed("device-dialog", HTMLDialogElement);
  if (!dialog.open) dialog.showModal();
}

press($("devices"), openDeviceDialog);
press($("device-retry"), async () => {
  await capture.open();
  await openDeviceDialog();
});

/* Keyboard ------------------------------------------------------------------------------------------------------ */

function showKeys() {
  const dialog = typed("shortcuts", HTMLDialogElement);
  if (!dialog.open) dialog.showModal();
}

/** @param {string} id */
function click(id) {
  const button = $(id);
  if (!button.hidden && button.offsetParent !== null) button.click();
}

/** @type {Readonly<Record<string, () => void>>} */
const KEYS = {
  KeyN: () => click("admit-next"),
  KeyB: () => click("begin"),
  KeyF: () => click("finish"),
  KeyR: () => click("send-back"),
  KeyS: () => click(share.shown ? "share-stop" : "share-start"),
  KeyM: () => $("say").focus(),
  KeyQ: () => /** @type {HTMLElement|null} */ ($("queue").querySelector("button:not([hidden])"))?.focus(),
};

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.matches("input, textarea, select")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (
    event.ctrlKey ||
    event.altKey ||
    event.metaKey ||
    event.repeat ||
    document.querySelector("dialog[open]")
  )
    return;
  if (event.key === "?" || (event.shiftKey && (event.code === "Slash" || event.code === "Digit7")))
    showKeys();
  else if (!event.shiftKey && KEYS[event.code]) KEYS[event.code]?.();
  else return;
  event.preventDefault();
});

press($("keys"), showKeys);

new WakeLock().keep(true);
keepTime(link);
setInterval(tick, 500);
link.expectSound(false);
link.open();
