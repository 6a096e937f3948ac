/**
 * The rehearsal: a participant's link on an earlier day. The device test with the real connection, and what came of it.
 *
 * For tests — body[data-phase="rehearsal"], body[data-shown] (loading, intro, test, result), body[data-socket],
 * body[data-media]; #rehearse; the device test as on participant.js; #result[data-outcome],
 * #result-list [data-good], #result-come, #result-again; #busy (the server has no room for the connection).
 */

import { readBoot } from "../core/boot.js";
import { Capture } from "../core/capture.js";
import { dayAndMonth, timeOfDay } from "../core/format.js";
import { Ear } from "../core/microphone.js";
import { next, rows, title } from "../core/rehearsal.js";
import { here, PLUG_OF, showSelf } from "../ui/devices.js";
import { $, h, icon, press, setData, setText, show } from "../ui/dom.js";
import { Meter } from "../ui/meter.js";
import { DeviceTest } from "./devicetest.js";
import { Link } from "./link.js";

/** @typedef {import("../core/wire.js").RehearsalView} RehearsalView */
/** @typedef {"intro"|"test"|"result"} Screen */

performance.mark("page-ready");

const CONNECT_MS = 15_000;
const LOOK_MS = 200;

const boot = readBoot();
const where = here();
const meter = new Meter($("meter"));
const ear = new Ear((frame) => meter.add(frame));

/** @type {RehearsalView|null} */
let view = null;
/** @type {Screen} */
let screen = "intro";
let drawn = "";
/** Where the connection goes while the test is on; the rest of the time others may have the place on the node. */
let room = /** @type {import("../core/wire.js").Id|null} */ (null);

const capture = new Capture(["microphone", "camera"], {
  track: (kind, track) => {
    void link.peer.plug(PLUG_OF[kind], track);
    if (kind === "camera") showSelf(track);
    else if (track) test.hear(track);
  },
  change: () => undefined,
});
const link = new Link(boot, {
  view: (next) => {
    // On the day itself the same link is the real thing.
    if (next.phase !== "rehearsal") location.reload();
    else {
      view = next;
      draw();
    }
  },
  welcome: (welcome) => {
    room = welcome.conference;
  },
  released: () => {
    capture.close();
    link.room = null;
    view = null;
    screen = "intro";
    draw();
  },
});
const test = new DeviceTest({
  link,
  capture,
  ear,
  meter,
  where,
  shown: () => screen === "test",
  mayJoin: () => false,
  leave: () => go("intro"),
  rehearsal: { speaks: () => beHeard(), done: () => go(view?.result ? "result" : "intro") },
});

/** The server listens from now on; a connection that is on its way is waited for. */
async function beHeard() {
  const end = performance.now() + CONNECT_MS;
  const waits = () => view?.testable && link.peer.state !== "connected" && performance.now() < end;
  if (waits()) {
    setText($("voice-advice"), "Секунду, подключаемся к серверу школы…");
    show($("voice-advice"), true);
  }
  while (waits()) await new Promise((done) => setTimeout(done, LOOK_MS));
  await link.ask({ type: "listen" });
}

/** @param {Screen} to */
function go(to) {
  screen = to;
  if (to !== "test") {
    ear.hush();
    ear.deafen();
    capture.close();
    link.enter(null);
  }
  draw();
}

/** A time of the day at the school. @param {number} at */
function atSchool(at) {
  return `${dayAndMonth(at, boot.zone)} в ${timeOfDay(at, boot.zone).replace(/^0/, "")}`;
}

function draw() {
  const current = view ? screen : "loading";
  document.body.dataset.phase = view ? "rehearsal" : "loading";
  document.body.dataset.shown = current;
  for (const section of document.querySelectorAll("section[data-screen]")) {
    show(section, section instanceof HTMLElement && section.dataset.screen === current);
  }
  if (view) {
    setText($("intro-when"), atSchool(view.planned_at));
    show($("busy"), !view.testable);
    if (view.result) drawResult(view, view.result);
  }
  if (current === drawn) return;
  drawn = current;
  window.scrollTo(0, 0);
  const heading = document.querySelector(`section[data-screen="${current}"] h1`);
  if (heading instanceof HTMLElement && current !== "test") heading.focus({ preventScroll: true });
}

/** @param {RehearsalView} now @param {NonNullable<RehearsalView["result"]>} result */
function drawResult(now, result) {
  setData($("result"), "outcome", result.outcome);
  setText($("result-title"), title(result.outcome));
  setText($("result-next"), next(result.outcome));
  show($("result-phone"), result.outcome === "unfit");
  setText($("result-come-at"), atSchool(now.come_at));
  show($("result-advice"), result.outcome !== "unfit" && where.phone);
  $("result-again").classList.toggle("button-primary", result.outcome === "unfit");
  const list = rows(result, result.outcome !== "untested");
  const words = JSON.stringify(list);
  if ($("result-list").dataset.words === words) return;
  $("result-list").dataset.words = words;
  $("result-list").replaceChildren(
    ...list.map(({ good, text, advice }) =>
      h(
        "li",
        { "data-good": good ? "yes" : "no" },
        icon(good ? "check" : "warn"),
        h(
          "span",
          null,
          h("span", null, text),
          advice ? h("span", { class: "verdict-advice" }, advice) : null,
        ),
      ),
    ),
  );
}

async function begin() {
  go("test");
  link.enter(room);
  await test.begin(true);
}

press($("rehearse"), begin);
press($("result-again"), begin);
document.addEventListener("pointerdown", () => void ear.wake(), { capture: true });

const firstName = boot.name.trim().split(/\s+/)[1] ?? boot.name;
for (const element of document.querySelectorAll("[data-first-name]")) setText(element, firstName);
for (const element of document.querySelectorAll("[data-phone-advice]")) show(element, where.phone);
link.room = null;
link.expectSound(false);
link.open();
draw();
