/**
 * The examiner's queue: one row for each participant of the room, in the school's order.
 *
 * Elements: #queue [data-interview][data-state][data-next], buttons [data-act], #queue-count, #queue-empty.
 */

import { timeOfDay } from "../core/format.js";
import { badgesOf, fillBadges } from "./badges.js";
import { $, h, icon, keyed, press, setData, setText, show } from "./dom.js";
import { reversalText } from "./steps.js";

/** @typedef {import("../core/wire.js").QueueEntry} QueueEntry */
/** @typedef {"admit"|"no_show"|"remove"|"reverse"} ActName */
/** @typedef {Record<ActName, (entry: QueueEntry) => Promise<unknown>>} Acts */

/**
 * What may be done with a row. Pure; the server decides again.
 * @param {QueueEntry} entry
 * @param {boolean} free nobody is in the conference
 * @returns {Record<ActName, boolean>}
 */
export function possible(entry, free) {
  return {
    admit: entry.state === "waiting" && free,
    no_show: ["invited", "testing", "waiting"].includes(entry.state),
    remove: ["waiting", "admitted", "exam"].includes(entry.state),
    reverse: entry.reversible,
  };
}

export class Queue {
  /** @type {readonly QueueEntry[]} */
  #entries = [];
  #free = true;
  /** Rows whose further actions are unfolded. @type {Set<string>} */
  #unfolded = new Set();

  /** @param {Acts} acts */
  constructor(acts) {
    this.acts = acts;
  }

  /** @param {readonly QueueEntry[]} entries @param {boolean} free nobody is in the conference */
  draw(entries, free) {
    this.#entries = entries;
    this.#free = free;
    const waiting = entries.filter((entry) => entry.state === "waiting").length;
    setText($("queue-count"), waiting ? `ждут: ${waiting}` : "");
    show($("queue-empty"), entries.length === 0);
    keyed(
      $("queue"),
      entries,
      (entry) => String(entry.interview),
      (entry) => this.#make(entry),
      (row, entry, index) => this.#update(row, entry, index),
    );
  }

  /** @param {QueueEntry} made @returns {HTMLElement} */
  #make(made) {
    const key = String(made.interview);
    /** @param {ActName} name @param {string} text @param {string} [look] */
    const button = (name, text, look = "") => {
      const attributes = { class: `button row-button ${look}`, type: "button", "data-act": name };
      const element = h("button", attributes, text);
      press(element, () => {
        const entry = this.#entries.find((other) => String(other.interview) === key);
        return entry && this.acts[name](entry);
      });
      return element;
    };
    const label = `Другие действия: ${made.name}`;
    const more = h(
      "button",
      { class: "row-more", type: "button", "data-act": "more", "aria-label": label },
      icon("more"),
    );
    more.addEventListener("click", () => {
      if (!this.#unfolded.delete(key)) this.#unfolded.add(key);
      this.draw(this.#entries, this.#free);
    });
    const words = ["row-name", "row-about", "row-badges"].map((name) => h("p", { class: name }));
    return h(
      "li",
      { class: "row", "data-interview": key },
      h("span", { class: "row-number" }),
      h("div", { class: "row-words" }, ...words),
      h("div", { class: "row-acts" }, button("admit", "Пригласить"), more),
      h(
        "div",
        { class: "row-extra" },
        button("no_show", "Отметить неявку"),
        button("remove", "Удалить", "button-quiet-danger"),
        button("reverse", ""),
      ),
    );
  }

  /** @param {HTMLElement} row @param {QueueEntry} entry @param {number} index */
  #update(row, entry, index) {
    /** @param {string} selector */
    const part = (selector) => /** @type {HTMLElement} */ (row.querySelector(selector));
    setData(row, "state", entry.state);
    setData(row, "next", entry.next ? "yes" : null);
    setData(row, "alarm", entry.alarms.length || entry.help ? "yes" : null);
    setText(part(".row-number"), String(index + 1));
    setText(part(".row-name"), entry.name);
    setText(
      part(".row-about"),
      entry.planned_at ? `${entry.class} · ${timeOfDay(entry.planned_at)}` : entry.class,
    );
    fillBadges(part(".row-badges"), badgesOf(entry));
    row.title = entry.verdict?.note ? `${entry.verdict.by}: ${entry.verdict.note}` : "";
    const can = possible(entry, this.#free);
    setText(part('[data-act="reverse"]'), reversalText(entry.state));
    for (const [name, on] of Object.entries(can)) show(part(`[data-act="${name}"]`), on);
    const further = can.no_show || can.remove || can.reverse;
    const unfolded = further && this.#unfolded.has(String(entry.interview));
    show(part('[data-act="more"]'), further);
    part('[data-act="more"]').setAttribute("aria-expanded", String(unfolded));
    show(part(".row-extra"), unfolded);
  }
}
