/**
 * The participant's page: one thing at a time, told by the server's view.
 *
 * For tests — body[data-phase] (the view's phase, "loading" before the first), body[data-shown] (which screen),
 * body[data-socket], body[data-media], body[data-muted] (autoplay); [data-screen="…"] are the screens;
 * #informed-yes, #informed-no, #informed-after-all; #early-test; the device test [data-screen="test"][data-step]
 * (opening, allow, obstacle, voice, bad, verdict): #devices-open, #voice-record (5 s), #voice-good, #voice-bad,
 * #voice-replay, #bad-retry, #bad-skip, #join, #test-done, #test-again; #obstacle[data-obstacle], #obstacle-retry, #obstacle-skip,
 * #copy-link; #meter[data-loudness]; #waiting-title, #waiting-estimate, #help, #recheck; #check-banner; the
 * interview: [data-screen-on], [data-third], figures #tile-staff, #tile-screen, #tile-third [data-live],
 * #tile-self, #elapsed, #alarm-banner[data-kind], #alarm-fix, #help-interview; elements of jacks by [data-jack].
 */

import { readBoot, tabFlag } from "../core/boot.js";
import { Capture } from "../core/capture.js";
import { elapsed, estimate, timeOfDay, until } from "../core/format.js";
import { Ear } from "../core/microphone.js";
import { WakeLock } from "../core/wake.js";
import { here, PLUG_OF, showSelf } from "../ui/devices.js";
import { $, press, setData, setText, show } from "../ui/dom.js";
import { Meter } from "../ui/meter.js";
import { Stage } from "../ui/stage.js";
import { toast } from "../ui/toast.js";
import { DeviceTest } from "./devicetest.js";
import { Link } from "./link.js";
import { Troubles } from "./troubles.js";

/** @typedef {import("../core/wire.js").ParticipantView} ParticipantView */

performance.mark("page-ready");

const TITLE = "Итоговое собеседование";
const LATE_MS = 6000;
/** What the buttons say once help is called; there is less room beside the pictures. */
const HELP_CALLED = { help: "Помощь больше не нужна", "help-interview": "Отменить вызов" };

const boot = readBoot();
const where = here();
const wake = new WakeLock();
const meter = new Meter($("meter"));
const ear = new Ear((frame) => meter.add(frame));

/** @type {ParticipantView|null} */
let view = null;
/** The test was asked for from the countdown or the queue. */
let testing = false;
let drawn = "";

const capture = new Capture(["microphone", "camera"], {
  track: (kind, track) => {
    void link.peer.plug(PLUG_OF[kind], track);
    if (kind === "camera") showSelf(track);
    else if (track) test.hear(track);
  },
  change: () => {
    if (capture.complete) tabFlag("devices", "yes");
    troubles.draw();
  },
});
const link = new Link(boot, {
  view: (next) => take(next),
  line: () => {
    drawLine();
    if (view) drawStage(view);
  },
  released: () => {
    capture.close();
    troubles.settled = false;
    view = null;
    draw();
  },
});
const stage = new Stage(link.jacks);
const test = new DeviceTest({
  link,
  capture,
  ear,
  meter,
  where,
  shown: () => screen() === "test",
  mayJoin: () => view?.phase === "test",
  leave: () => {
    testing = false;
    draw();
  },
});
const troubles = new Troubles({
  link,
  capture,
  where,
  watched: () => view?.phase === "waiting" || view?.phase === "interview",
  answering: () => view?.phase === "interview",
  bannerAllowed: () => screen() !== "test",
  withoutCamera: () => test.withoutCamera,
});

/* What is shown ------------------------------------------------------------------------------------------------ */

/** The name of the screen: the phase, or the test opened from it. @returns {string} */
function screen() {
  if (!view) return "loading";
  if (testing && (view.phase === "early" || view.phase === "waiting")) return "test";
  return view.phase;
}

/** @param {ParticipantView} next */
function take(next) {
  const before = view;
  view = next;
  if (before?.phase !== next.phase) enterPhase(next.phase, before?.phase ?? null);
  if (next.check && !before?.check) {
    testing = false;
    ear.chime();
  }
  if (next.waiting?.next && before?.waiting && !before.waiting.next) ear.chime();
  draw();
}

/** @param {ParticipantView["phase"]} phase @param {string|null} before */
function enterPhase(phase, before) {
  testing = false;
  document.body.dataset.phase = phase;
  ear.hush();
  ear.deafen();
  if (phase === "interview" && before === "waiting") ear.chime();
  wake.keep(phase === "test" || phase === "waiting" || phase === "interview");
  if (phase === "finished" || phase === "no_show" || phase === "removed") {
    troubles.settled = false;
    capture.close();
  } else if (phase === "waiting" || phase === "interview") {
    void capture.open().then(() => {
      troubles.settled = true;
      troubles.draw();
    });
  } else if (phase === "test") {
    void test.begin(false);
  }
}

function draw() {
  const current = screen();
  for (const section of document.querySelectorAll("section[data-screen]")) {
    show(section, section instanceof HTMLElement && section.dataset.screen === current);
  }
  document.body.dataset.shown = current;
  if (current !== drawn) {
    drawn = current;
    window.scrollTo(0, 0);
    const title = document.querySelector(`section[data-screen="${current}"] h1`);
    if (title instanceof HTMLElement && current !== "test") title.focus({ preventScroll: true });
  }
  if (!view) return;
  const answering = view.phase === "interview";
  drawStage(view);
  link.expectSound(view.check || answering);
  drawCheck(view);
  drawWaiting(view);
  setText($("early-opens"), timeOfDay(view.opens_at));
  show($("early-tested"), test.passed);
  show($("join"), view.phase === "test");
  show($("test-done"), view.phase !== "test");
  for (const [id, called] of Object.entries(HELP_CALLED)) {
    const words = /** @type {Element} */ ($(id).querySelector("span"));
    $(id).setAttribute("aria-pressed", String(view.help));
    setText(words, view.help ? called : "Нужна помощь");
  }
  troubles.draw();
  drawTitle();
  drawLine();
  tick();
}

/** Without the server its word on the screen is old: what arrives is shown then. @param {ParticipantView} now */
function drawStage(now) {
  const screen = link.socket.state === "open" ? now.screen : null;
  stage.show({ on: now.phase === "interview", third: now.third, screen });
}

/** @param {ParticipantView} now */
function drawCheck(now) {
  show($("check-banner"), now.check);
  show($("check-devices"), now.check && !capture.complete);
  setText(
    $("check-text"),
    capture.complete
      ? "Он видит и слышит вас. Отвечайте вслух — это не экзамен и не записывается."
      : "Вы его слышите. Чтобы он видел и слышал вас, включите камеру и микрофон.",
  );
}

/** @param {ParticipantView} now */
function drawWaiting(now) {
  const next = now.waiting?.next === true;
  setText($("waiting-title"), next ? "Ваша очередь — следующая" : "Вы в очереди");
  setText(
    $("waiting-text"),
    next
      ? "Оставайтесь у экрана: экзаменатор скоро пригласит вас. Ничего не нужно нажимать."
      : "Ничего не нужно нажимать. Когда подойдёт время, собеседование откроется здесь само.",
  );
  const minutes = next ? null : (now.waiting?.minutes ?? null);
  setText($("waiting-estimate"), estimate(minutes));
  show($("waiting-estimate"), minutes !== null);
  show($("help-note"), now.help);
}

function drawTitle() {
  if (view?.phase === "interview") {
    document.title = document.hidden ? "Вернитесь на страницу!" : `Идёт собеседование · ${TITLE}`;
  } else if (view?.phase === "waiting") {
    document.title = `${view.waiting?.next ? "Ваша очередь — следующая" : "Вы в очереди"} · ${TITLE}`;
  } else {
    document.title = TITLE;
  }
}

function drawLine() {
  const { grade, text } = link.word();
  setData($("line"), "grade", grade);
  setText($("line-text"), text);
  if (view || performance.now() < LATE_MS) return;
  show($("loading-phone"), true);
  setText(
    $("loading-text"),
    "Не получается связаться с сервером. Проверьте интернет — мы пробуем снова каждую секунду.",
  );
}

function tick() {
  if (!view) {
    drawLine();
    return;
  }
  const now = link.clock.now();
  show($("elapsed"), view.begun_at !== null);
  if (view.begun_at !== null) setText($("elapsed"), elapsed(now - view.begun_at));
  if (view.phase === "early") setText($("early-left"), until(view.opens_at - now));
}

/* Buttons ------------------------------------------------------------------------------------------------------- */

async function openTest() {
  testing = true;
  draw();
  await test.begin(true);
}

press($("informed-yes"), () => link.ask({ type: "informed", agree: true }));
press($("informed-after-all"), () => link.ask({ type: "informed", agree: true }));
press($("informed-no"), () => link.ask({ type: "informed", agree: false }));
press($("join"), () => link.ask({ type: "join" }));
press($("early-test"), openTest);
press($("recheck"), openTest);
press($("help"), () => link.ask({ type: "help", on: !view?.help }));
press($("help-interview"), async () => {
  const on = !view?.help;
  await link.ask({ type: "help", on });
  if (on) toast("Экзаменатор и специалист видят, что вам нужна помощь.", "good");
});
press($("check-devices"), async () => {
  await capture.open();
  draw();
});
document.addEventListener("pointerdown", () => void ear.wake(), { capture: true });
document.addEventListener("visibilitychange", drawTitle);

/* The beginning ------------------------------------------------------------------------------------------------- */

const firstName = boot.name.trim().split(/\s+/)[1] ?? boot.name;
for (const element of document.querySelectorAll("[data-first-name]")) setText(element, firstName);
for (const element of document.querySelectorAll("[data-phone-advice]")) show(element, where.phone);
setInterval(tick, 500);
link.expectSound(false);
link.open();
if (tabFlag("devices") === "yes") void capture.open();
draw();
