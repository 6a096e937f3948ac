/**
 * The wall: everybody of the day by room, the worst first.
 *
 * Elements: #rooms [data-room], in it [data-person="interview"][data-state][data-severity] (.row-other: the link was
 * opened elsewhere) and
 * [data-staff-seat="seat"]; buttons [data-act]; #room-tabs [data-room-tab].
 */

import { dayAndMonth, kilobits, milliseconds, percent, timeOfDay } from "../core/format.js";
import { meterPosition } from "../core/level.js";
import { lineGrade, severity, worst } from "../core/severity.js";
import { badgesOf, fillBadges, isOver } from "./badges.js";
import { $, h, icon, keyed, press, setData, setText, show } from "./dom.js";
import { KINDS, recordingTroubles } from "./people.js";
import { drawUrgent } from "./urgent.js";

/** @typedef {import("../core/wire.js").Person} Person */
/** @typedef {import("../core/wire.js").RoomView} RoomView */
/** @typedef {import("../core/wire.js").SeatQuality} SeatQuality */
/** @typedef {import("../core/wire.js").StaffMember} StaffMember */
/**
 * @typedef {object} Act
 * @property {string} name data-act
 * @property {string|((person: Person) => string)} text
 * @property {string} [look] classes
 * @property {(person: Person, room: RoomView) => boolean} on
 * @property {(person: Person, room: RoomView) => Promise<unknown>|unknown} run
 */

export class Wall {
  /** @type {Record<string, SeatQuality>} */
  quality = {};
  /** @type {readonly RoomView[]} */
  #rooms = [];

  /**
   * @param {object} options
   * @param {Act[]} options.acts what can be done with a person
   * @param {Act[]} [options.otherDevice] what can be done about a link that was opened elsewhere
   * @param {boolean} options.lines whether figures of the lines are shown
   * @param {(room: RoomView) => Node[]} [options.roomActs] buttons at the head of a room
   * @param {(element: HTMLElement, room: RoomView) => void} [options.updateRoom]
   * @param {(member: StaffMember) => Promise<unknown>} [options.freeStaff]
   */
  constructor(options) {
    this.options = options;
  }

  /** @param {readonly RoomView[]} rooms */
  draw(rooms) {
    this.#rooms = rooms;
    show($("rooms-empty"), rooms.length === 0);
    drawUrgent(rooms, this.quality);
    keyed(
      $("rooms"),
      rooms,
      (room) => String(room.id),
      (room) => this.#makeRoom(room),
      (element, room) => this.#updateRoom(element, room),
    );
  }

  /** @param {Record<string, SeatQuality>} seats */
  measured(seats) {
    this.quality = seats;
    this.draw(this.#rooms);
  }

  /** @param {RoomView} room */
  #makeRoom(room) {
    return h(
      "section",
      { class: "room", "data-room": String(room.id) },
      h(
        "header",
        { class: "room-head" },
        h("h2", { class: "room-title" }),
        h("p", { class: "room-about" }),
        h("p", { class: "room-troubles", role: "alert" }),
        h("div", { class: "room-acts" }, ...(this.options.roomActs?.(room) ?? [])),
      ),
      h("ul", { class: "people" }),
      h("p", { class: "empty" }, "Участников нет."),
      h("ul", { class: "crew", "aria-label": "Сотрудники" }),
    );
  }

  /** @param {HTMLElement} element @param {RoomView} room */
  #updateRoom(element, room) {
    /** @param {string} selector */
    const part = (selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
    setText(part(".room-title"), `Аудитория ${room.number}`);
    const inside = room.people.find(({ state }) => state === "admitted" || state === "exam");
    const waiting = room.people.filter(({ state }) => state === "waiting").length;
    setText(
      part(".room-about"),
      [inside ? "идёт собеседование" : "свободна", `ждут: ${waiting}`, room.recording.on ? "запись идёт" : ""]
        .filter(Boolean)
        .join(" · "),
    );
    const troubles = recordingTroubles(room.recording).join(". ");
    setText(part(".room-troubles"), troubles);
    show(part(".room-troubles"), Boolean(troubles));
    show(part(".empty"), room.people.length === 0);
    this.options.updateRoom?.(element, room);
    const ranked = room.people
      .map((person) => ({ person, rank: severity(person, this.quality[person.seat]) }))
      .sort((a, b) => b.rank - a.rank || order(a.person) - order(b.person));
    keyed(
      part(".people"),
      ranked,
      ({ person }) => String(person.interview),
      ({ person }) => this.#makePerson(person, room),
      (row, { person, rank }) => this.#updatePerson(row, person, rank, room),
    );
    keyed(
      part(".crew"),
      room.staff,
      (member) => member.seat,
      (member) => this.#makeCrew(member),
      (row, member) => this.#updateCrew(row, member),
    );
  }

  /** @param {Person} person @param {RoomView} room */
  #makePerson(person, room) {
    /** @param {Act} act */
    const buttonOf = (act) => {
      const button = h(
        "button",
        { class: `button row-button ${act.look ?? ""}`, type: "button", "data-act": act.name },
        typeof act.text === "string" ? act.text : null,
      );
      press(button, () => {
        const now = this.#find(person.interview);
        return now ? act.run(now.person, now.room) : undefined;
      });
      return button;
    };
    return h(
      "li",
      { class: "person", "data-person": String(person.interview), "data-in": String(room.id) },
      h("div", { class: "person-words" }, h("p", { class: "row-name" }), h("p", { class: "row-badges" })),
      this.options.lines ? h("div", { class: "figures" }) : null,
      h("div", { class: "person-acts" }, ...this.options.acts.map(buttonOf)),
      h(
        "div",
        { class: "row-other", hidden: true },
        h("p", { class: "row-other-words" }),
        ...(this.options.otherDevice ?? []).map(buttonOf),
      ),
    );
  }

  /** @param {Person["interview"]} interview */
  #find(interview) {
    for (const room of this.#rooms) {
      const person = room.people.find((other) => other.interview === interview);
      if (person) return { person, room };
    }
    return null;
  }

  /** @param {HTMLElement} row @param {Person} person @param {number} rank @param {RoomView} room */
  #updatePerson(row, person, rank, room) {
    const quality = this.quality[person.seat];
    setData(row, "severity", String(rank));
    setData(row, "state", person.state);
    setText(/** @type {Element} */ (row.querySelector(".row-name")), person.name);
    fillBadges(row.querySelector(".row-badges"), [["plain", person.class], ...badgesOf(person)]);
    row.title = person.verdict?.note ? `${person.verdict.by}: ${person.verdict.note}` : "";
    const words = /** @type {Element} */ (row.querySelector(".row-other-words"));
    setText(words, person.other_device ? otherDevice(person.other_device) : "");
    show(/** @type {Element} */ (row.querySelector(".row-other")), Boolean(person.other_device));
    const figures = row.querySelector(".figures");
    if (figures instanceof HTMLElement)
      drawFigures(figures, person.present && !isOver(person.state) ? quality : null);
    for (const act of this.options.acts) {
      const button = row.querySelector(`[data-act="${act.name}"]`);
      if (!button) continue;
      show(button, act.on(person, room));
      if (typeof act.text !== "string") setText(button, act.text(person));
    }
  }

  /** @param {StaffMember} member */
  #makeCrew(member) {
    const row = h(
      "li",
      { class: "crew-member", "data-staff-seat": member.seat },
      h("span", { class: "presence", "aria-hidden": "true" }),
      h(
        "span",
        { class: "member-words" },
        h("span", { class: "member-kind" }, KINDS[member.kind] ?? member.kind),
        h("span", { class: "member-name" }),
      ),
      this.options.lines ? h("div", { class: "figures" }) : null,
    );
    const { freeStaff } = this.options;
    if (freeStaff) {
      const button = h(
        "button",
        { class: "button row-button button-quiet", type: "button", "data-act": "free" },
        "Освободить место",
      );
      press(button, () => freeStaff(member));
      row.append(h("div", { class: "person-acts" }, button));
    }
    return row;
  }

  /** @param {HTMLElement} row @param {StaffMember} member */
  #updateCrew(row, member) {
    setData(row, "present", member.present ? "yes" : "no");
    setText(
      /** @type {Element} */ (row.querySelector(".member-name")),
      member.present ? member.name : `${member.name} · нет на связи`,
    );
    const figures = row.querySelector(".figures");
    if (figures instanceof HTMLElement)
      drawFigures(figures, member.present ? this.quality[member.seat] : null);
    const free = row.querySelector('[data-act="free"]');
    if (free) show(free, member.present && member.kind !== "specialist");
  }
}

/** Where and when a link was opened elsewhere, calmly. @param {import("../core/wire.js").OtherDevice} seen */
function otherDevice(seen) {
  const where = [
    new Date(seen.at).toDateString() === new Date().toDateString() ? "" : dayAndMonth(seen.at),
    timeOfDay(seen.at),
    [seen.browser, seen.system].filter(Boolean).join(", "),
    seen.same_network ? "та же сеть" : "другая сеть",
    seen.beside ? "участник был на связи" : "",
  ];
  return `Ссылку открыли на другом устройстве: ${where.filter(Boolean).join(" · ")}`;
}

/** @param {Person} person */
function order(person) {
  const rank =
    { exam: 0, admitted: 0, waiting: 1, testing: 2, invited: 3, finished: 4, no_show: 5, removed: 5 }[
      person.state
    ] ?? 6;
  return rank * 2 - (person.next ? 1 : 0);
}

const FIGURES = /** @type {const} */ ([
  ["loss", "потери"],
  ["rtt_ms", "задержка"],
  ["jitter_ms", "дрожание"],
  ["up", "отдаёт"],
  ["down", "получает"],
]);

/** @param {HTMLElement} holder @param {SeatQuality|null|undefined} quality */
function drawFigures(holder, quality) {
  show(holder, Boolean(quality));
  if (!quality) return;
  if (!holder.firstChild) {
    holder.append(
      h("span", { class: "level", title: "Уровень голоса" }, h("span", { class: "level-fill" })),
      ...FIGURES.map(([name, label]) =>
        h(
          "span",
          { class: "figure", "data-figure": name },
          h("span", { class: "figure-label" }, label),
          h("span", { class: "figure-value" }),
        ),
      ),
    );
  }
  setData(holder, "grade", lineGrade(quality));
  const values = worst(quality);
  const words = {
    loss: percent(values.loss),
    rtt_ms: milliseconds(values.rtt_ms),
    jitter_ms: milliseconds(values.jitter_ms),
    up: kilobits(values.up),
    down: kilobits(values.down),
  };
  for (const [name] of FIGURES) {
    const value = holder.querySelector(`[data-figure="${name}"] .figure-value`);
    if (value) setText(value, words[name]);
  }
  const fill = holder.querySelector(".level-fill");
  if (fill instanceof HTMLElement)
    fill.style.transform = `scaleX(${values.level === null ? 0 : meterPosition(values.level).toFixed(2)})`;
}

/** The room whose messages are shown, chosen by tabs. */
export class RoomTabs {
  /** @type {string|null} */
  chosen = null;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Map<string, string>} */
    this.seen = new Map();
  }

  /** @param {readonly RoomView[]} rooms @returns {RoomView|null} the chosen one */
  draw(rooms) {
    if (!rooms.some((room) => String(room.id) === this.chosen))
      this.chosen = rooms[0] ? String(rooms[0].id) : null;
    show($("room-tabs"), rooms.length > 1);
    for (const room of rooms) {
      const newest = String(room.notes.at(-1)?.id ?? "");
      if (String(room.id) === this.chosen || !this.seen.has(String(room.id)))
        this.seen.set(String(room.id), newest);
    }
    keyed(
      $("room-tabs"),
      rooms,
      (room) => String(room.id),
      (room) => {
        const button = h("button", { class: "tab", type: "button", "data-room-tab": String(room.id) });
        button.addEventListener("click", () => {
          this.chosen = String(room.id);
          this.onChange();
        });
        return button;
      },
      (button, room) => {
        const fresh = String(room.notes.at(-1)?.id ?? "") !== this.seen.get(String(room.id));
        button.setAttribute("aria-pressed", String(String(room.id) === this.chosen));
        setData(button, "fresh", fresh ? "yes" : null);
        if (button.dataset.words !== `${room.number}${fresh}`) {
          button.dataset.words = `${room.number}${fresh}`;
          button.replaceChildren(h("span", null, `Аудитория ${room.number}`));
          if (fresh) button.append(icon("bell"), h("span", { class: "visually-hidden" }, "есть новое"));
        }
      },
    );
    return rooms.find((room) => String(room.id) === this.chosen) ?? null;
  }
}
