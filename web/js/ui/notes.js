/**
 * The silent talk of a room's staff: who is there, calls, short texts.
 *
 * Elements: #staff [data-seat], .staff-call[data-call], #notes [data-note], #say-form, #say.
 */

import { shortName, timeOfDay } from "../core/format.js";
import { $, h, icon, keyed, press, setData, setText, typed } from "./dom.js";
import { CALLED, KINDS } from "./people.js";
import { toast } from "./toast.js";

/** @typedef {import("../core/wire.js").StaffMember} StaffMember */
/** @typedef {import("../core/wire.js").Note} Note */

const CALLABLE = new Set(["specialist", "organizer", "expert"]);

export class NotesPanel {
  /** @type {string|null} */
  #last = null;

  /**
   * @param {string} own the kind of this seat
   * @param {{say: (text: string) => Promise<unknown>, call: (to: string) => Promise<unknown>}} actions
   */
  constructor(own, actions) {
    this.own = own;
    this.actions = actions;
    const field = typed("say", HTMLInputElement);
    typed("say-form", HTMLFormElement).addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      try {
        await actions.say(text);
        field.value = "";
      } catch (error) {
        toast(error instanceof Error ? error.message : String(error), "bad");
      }
    });
  }

  /** @param {readonly StaffMember[]} staff @param {readonly Note[]} notes @param {string} [scope] a room: changes are not news */
  draw(staff, notes, scope = "") {
    keyed(
      $("staff"),
      staff.filter((member) => member.kind !== "observer" && member.kind !== this.own),
      (member) => `${scope}/${member.seat}`,
      (member) => this.#makeMember(member),
      (element, member) => this.#updateMember(element, member),
    );
    const list = $("notes");
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const newest = notes.at(-1);
    const mark = newest ? `${scope}/${newest.id}` : `${scope}/`;
    keyed(
      list,
      notes,
      (note) => `${scope}/${note.id}`,
      (note) => this.#makeNote(note),
      () => undefined,
    );
    if (mark === this.#last) return;
    const known = this.#last?.startsWith(`${scope}/`);
    this.#last = mark;
    if (atEnd || !known) list.scrollTop = list.scrollHeight;
    if (known && newest?.call_to === this.own) toast(`Вас вызывает ${newest.name}`, "bad");
  }

  /** @param {StaffMember} member */
  #makeMember(member) {
    const element = h(
      "li",
      { class: "member", "data-seat": member.seat },
      h("span", { class: "presence" }, h("span", { class: "visually-hidden" })),
      h(
        "span",
        { class: "member-words" },
        h("span", { class: "member-kind" }, KINDS[member.kind] ?? member.kind),
        h("span", { class: "member-name" }),
      ),
    );
    if (CALLABLE.has(member.kind) && member.kind !== this.own) {
      const button = h(
        "button",
        {
          class: "staff-call",
          type: "button",
          "data-call": member.kind,
          "aria-label": `Вызвать ${CALLED[member.kind]}`,
        },
        icon("bell"),
        h("span", null, "Вызвать"),
      );
      press(button, async () => {
        await this.actions.call(member.kind);
        toast("Вызов отправлен", "good");
      });
      element.append(button);
    }
    return element;
  }

  /** @param {HTMLElement} element @param {StaffMember} member */
  #updateMember(element, member) {
    setData(element, "present", member.present ? "yes" : "no");
    const presence = element.querySelector(".presence");
    if (presence instanceof HTMLElement) {
      presence.title = member.present ? "на месте" : "нет на связи";
      setText(/** @type {Element} */ (presence.firstElementChild), presence.title);
    }
    const name = element.querySelector(".member-name");
    if (name) setText(name, shortName(member.name));
  }

  /** @param {Note} note */
  #makeNote(note) {
    const head = h(
      "p",
      { class: "note-head" },
      h("b", null, KINDS[note.kind] ?? note.name),
      " ",
      h("time", null, timeOfDay(note.at)),
    );
    head.title = note.name;
    return h(
      "li",
      { class: "message", "data-note": String(note.id), "data-call": note.call_to ? "yes" : "no" },
      head,
      note.call_to
        ? h(
            "p",
            { class: "message-call" },
            icon("bell"),
            h("span", null, `Вызывает ${CALLED[note.call_to] ?? "коллегу"}`),
          )
        : null,
      note.text ? h("p", { class: "message-text" }, note.text) : null,
    );
  }
}
