/**
 * The page of a third person: the organizer on call, and the assistant of a participant.
 *
 * For tests — body[data-kind], body[data-phase] (idle, inside), body[data-entered] ("none" or the room's id),
 * body[data-socket], body[data-media]; organizer: #rooms [data-room] with [data-act="enter"], #inside, #leave,
 * [data-person] with [data-act="no_show"|"remove"|"reverse"], #staff, #notes, #say; assistant: #devices-open;
 * both: #tile-participant, #tile-examiner, #tile-screen, #tile-self.
 */

import { readBoot } from "../core/boot.js";
import { alreadyAllowed, Capture } from "../core/capture.js";
import { longDate } from "../core/format.js";
import { helpFor } from "../core/obstacles.js";
import { WakeLock } from "../core/wake.js";
import { Conference } from "../ui/conference.js";
import { here, PLUG_OF, showSelf } from "../ui/devices.js";
import { ask } from "../ui/dialog.js";
import { $, h, press, setData, setText, show } from "../ui/dom.js";
import { NotesPanel } from "../ui/notes.js";
import { RoomTabs, Wall } from "../ui/rooms.js";
import { keepTime, showLine, showRecording, showTitle } from "../ui/staffbar.js";
import * as steps from "../ui/steps.js";
import { toast } from "../ui/toast.js";
import { Link } from "./link.js";

/** @typedef {import("../core/wire.js").OrganizerView} OrganizerView */
/** @typedef {import("../core/wire.js").AssistantView} AssistantView */
/** @typedef {import("../core/wire.js").RoomView} RoomView */

performance.mark("page-ready");

const boot = readBoot();
const capture = new Capture(["microphone", "camera"], {
  track: (kind, track) => {
    void link.peer.plug(PLUG_OF[kind], track);
    if (kind === "camera") showSelf(track);
  },
  change: () => changed(),
});
const link = new Link(boot, {
  view: (view) => take(view),
  line: () => showLine(link),
  released: () => capture.close(),
});
const conference = new Conference(link);
/** What to do when the devices change and when a view comes: differs by kind. */
let changed = () => {};
/** @type {(view: any) => void} */
let take = () => {};

function organizer() {
  /** @type {OrganizerView|null} */
  let view = null;
  /** Between the press and the server's word the devices are open already. */
  let entering = false;
  link.room = null;
  const tabs = new RoomTabs(() => view && draw(view));
  const notes = new NotesPanel("organizer", {
    say: (text) => link.ask({ type: "say", room: chosenRoom(), text }),
    call: (to) => link.ask({ type: "call", room: chosenRoom(), to }),
  });
  const chosenRoom = () => view?.rooms.find((room) => String(room.id) === tabs.chosen)?.id ?? null;
  const wall = new Wall({
    lines: false,
    acts: [
      {
        name: "no_show",
        text: "Отметить неявку",
        on: ({ state }) => ["invited", "testing", "waiting"].includes(state),
        run: (person) => steps.noShow(link, person),
      },
      {
        name: "remove",
        text: "Удалить",
        look: "button-quiet-danger",
        on: ({ state }) => ["waiting", "admitted", "exam"].includes(state),
        run: (person) => steps.remove(link, person, "Составьте акт об удалении."),
      },
      {
        name: "reverse",
        text: ({ state }) => steps.reversalText(state),
        on: ({ reversible }) => reversible,
        run: (person) => steps.reverse(link, person),
      },
    ],
    roomActs: (room) => {
      const button = h(
        "button",
        { class: "button", type: "button", "data-act": "enter" },
        "Войти в собеседование",
      );
      press(button, () => enter(room));
      return [button];
    },
    updateRoom: (element, room) => {
      const inside = room.people.some(({ state }) => state === "admitted" || state === "exam");
      const button = element.querySelector('[data-act="enter"]');
      if (button) show(button, inside && view?.entered !== room.id);
    },
  });

  /** @param {OrganizerView} next */
  take = (next) => {
    view = next;
    link.enter(next.entered);
    link.expectSound(next.entered !== null);
    if (next.entered === null && !entering) capture.close();
    else if (next.entered !== null && !capture.wanted) void capture.open();
    draw(next);
  };

  /** @param {OrganizerView} next */
  function draw(next) {
    const room = next.rooms.find(({ id }) => id === next.entered) ?? null;
    const current = room?.people.find(({ state }) => state === "admitted" || state === "exam") ?? null;
    document.body.dataset.phase = room ? "inside" : "idle";
    document.body.dataset.entered = next.entered === null ? "none" : String(next.entered);
    showTitle("Ответственный организатор", `${longDate(next.day.date)} · ${boot.name}`);
    showRecording({
      on: next.rooms.some(({ recording }) => recording.on),
      alarms: next.rooms.flatMap(({ recording }) => recording.alarms ?? []),
    });
    wall.draw(next.rooms);
    const chosen = tabs.draw(next.rooms);
    notes.draw(chosen?.staff ?? [], chosen?.notes ?? [], String(chosen?.id ?? ""));
    show($("inside"), room !== null);
    $("main").inert = room !== null;
    setText($("inside-title"), room ? `Аудитория ${room.number}` : "");
    conference.show({
      source: room && current ? String(current.interview) : null,
      name: current?.name ?? "",
      about: current ? `класс ${current.class}` : "",
      admittedAt: current?.admitted_at ?? null,
      begunAt: current?.begun_at ?? null,
      empty: "Участник отключился",
    });
  }

  /** @param {RoomView} room */
  async function enter(room) {
    const yes = await ask({
      title: `Войти в аудиторию ${room.number}?`,
      text: "Участник и экзаменатор увидят и услышат вас. Вход попадёт в запись и в журнал.",
      yes: "Войти",
    });
    if (yes === null) return;
    entering = true;
    try {
      await capture.open();
      if (capture.missing.includes("microphone")) {
        const help = helpFor(capture.devices.microphone.obstacle ?? "failed", "microphone", here());
        toast(`${help.title}. ${help.steps[0] ?? ""}`, "bad");
      }
      await link.ask({ type: "enter", room: room.id });
    } catch (error) {
      if (view?.entered === null) capture.close();
      throw error;
    } finally {
      entering = false;
    }
  }

  press($("leave"), () => link.ask({ type: "leave" }));
}

function assistant() {
  /** @type {AssistantView|null} */
  let view = null;
  let calls = 0;

  take = (next) => {
    const before = view;
    view = /** @type {AssistantView} */ (next);
    const { room, current, begun_at } = view;
    if (current && !before?.current) calls += 1;
    document.body.dataset.phase = current ? "inside" : "idle";
    showTitle(room?.number ? `Аудитория ${room.number}` : (boot.room ?? ""), `Ассистент · ${boot.name}`);
    showRecording({ on: current });
    conference.show({
      source: current ? `call-${calls}` : null,
      name: "Идёт собеседование",
      about: "Вас видят и слышат участник и экзаменатор",
      admittedAt: null,
      begunAt: begun_at,
      empty: view.over
        ? "Собеседование завершено. Спасибо! Страницу можно закрыть."
        : "Ждём, когда пригласят вашего участника",
    });
  };

  changed = () => {
    const { microphone, camera } = capture.devices;
    const trouble = capture.wanted && !capture.complete;
    show($("assistant-card"), !capture.complete);
    setData($("tile-self"), "live", camera.track ? "yes" : "no");
    link.alarm("microphone_lost", trouble && !microphone.track);
    link.alarm("camera_lost", trouble && !camera.track);
    if (!trouble) return;
    const kind = capture.missing[0] ?? "microphone";
    const obstacle = capture.devices[kind].obstacle;
    if (!obstacle) return;
    const help = helpFor(obstacle, capture.missing.length > 1 ? "both" : kind, here());
    setText($("assistant-title"), help.title);
    setText($("assistant-text"), help.text);
    $("assistant-steps").replaceChildren(...help.steps.map((text) => h("li", null, text)));
    setText($("devices-open"), "Попробовать ещё раз");
  };

  press($("devices-open"), () => capture.open());
  void alreadyAllowed(["microphone", "camera"]).then((allowed) => {
    if (allowed) void capture.open();
    else show($("assistant-card"), true);
  });
}

if (boot.kind === "organizer") organizer();
else assistant();
new WakeLock().keep(true);
keepTime(link);
link.open();
