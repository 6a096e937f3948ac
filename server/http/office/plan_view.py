"""The plan as its page shows it: rooms with their cards, conflicts beside whom they concern, what would change."""

from dataclasses import dataclass
from typing import Any

from scheduling.capacity import capacity
from scheduling.conflicts import Conflict
from scheduling.plan import Appointment, Inputs, Plan, Unplaced
from scheduling.plan_check import check
from scheduling.plan_rests import arranged
from scheduling.replan import changes
from server.exam.people import CommissionRole
from server.store.plan_inputs import Book, current_plan, load_inputs
from server.store.records import Room

from .drafts import Kept
from .words import clock

ON_CARD = 2
"""A conflict of more participants is of a room or a person: it stands in the list alone."""
WITHOUT_PLACE = "места в плане пока нет."


@dataclass(frozen=True, slots=True)
class PlanView:
    """The draft where there is one, else the plan in force."""

    book: Book
    kept: Kept
    inputs: Inputs
    force: Plan
    shown: Plan
    conflicts: tuple[Conflict, ...]

    @classmethod
    def of(cls, book: Book, kept: Kept) -> "PlanView":
        inputs = load_inputs(book, kept.habits)
        force = current_plan(book)
        if kept.draft is None:
            placed = {one.participant for one in force.appointments}
            without = [Unplaced(one.id, WITHOUT_PLACE) for one in inputs.candidates if one.id not in placed]
            shown = arranged(inputs, force.appointments, without) if placed else force
        else:
            shown = with_fixed(kept.draft, force, book)
        found = check(shown, inputs, book.fixed) if shown.appointments or kept.draft is not None else ()
        return cls(book, kept, inputs, force, shown, found)

    @property
    def blocking(self) -> tuple[Conflict, ...]:
        return tuple(one for one in self.conflicts if one.blocking)

    def context(self) -> dict[str, Any]:
        """All that the board's template needs."""
        changed = changes(self.force, self.shown, self.inputs) if self.kept.draft is not None else ()
        old = {one.participant: one for one in self.force.appointments}
        moved = {one.participant for one in changed if one.moved and one.participant in old}
        return {
            "rooms": [self._room(room, moved) for room in self.book.day.rooms if self._shown(room)],
            "conflicts": self.conflicts,
            "blocking": len(self.blocking),
            "changes": [one.text for one in changed] if self.force.appointments else [],
            "explanation": self.shown.explanation,
            "unplaced": self._unplaced(),
            "is_draft": self.kept.draft is not None,
            "in_force": bool(self.force.appointments),
            "can_undo": bool(self.kept.undo),
            "movable": [
                {"id": one.id, "name": one.shown}
                for one in sorted(self.inputs.candidates, key=lambda one: (one.class_label, one.name))
                if one.id not in self.book.fixed
            ],
            "capacity": self._capacity(),
            "total": len(self.inputs.candidates),
        }

    def _unplaced(self) -> list[dict[str, Any]]:
        """Who has no place, each with the reason; of the plan in force the reasons are no longer known."""
        return [
            {
                "name": self.inputs.candidate[one.participant].shown,
                "id": one.participant,
                "reason": one.reason,
            }
            for one in self.shown.unplaced
            if one.participant in self.inputs.candidate
        ]

    def _capacity(self) -> str:
        """How many rooms the day needs, as a sentence (C-04)."""
        classes = {one.class_label for one in self.inputs.candidates}
        profile = self.book.profile
        per_class = None if profile is None else profile.exam.rooms_per_class
        return capacity(self.inputs, classes=len(classes), rooms_per_class=per_class).text

    def _shown(self, room: Room) -> bool:
        return room.closed_at is None or any(one.room == room.id for one in self.shown.appointments)

    def _room(self, room: Room, moved: set[int]) -> dict[str, Any]:
        cards = [self._card(one, moved) for one in self.shown.appointments if one.room == room.id]
        pauses = [
            {"pause": one.reason, "at": clock(one.starts_at), "minutes": one.minutes, "moment": one.starts_at}
            for one in self.shown.breaks
            if one.room == room.id
        ]
        lines = sorted([*cards, *pauses], key=lambda one: one["moment"])
        return {
            "id": room.id,
            "number": room.number,
            "title": room.title,
            "closed": room.closed_at is not None,
            "examiner": self._names(CommissionRole.EXAMINER, room.id),
            "expert": self._names(CommissionRole.EXPERT, room.id),
            "count": len(cards),
            "lines": lines,
        }

    def _names(self, role: CommissionRole, room_id: int) -> str:
        return ", ".join(one.person.person.name.short for one in self.book.in_role(role, room_id))

    def _card(self, one: Appointment, moved: set[int]) -> dict[str, Any]:
        sitting = self.book.sitting(one.participant)
        assert sitting is not None
        person = sitting.person.participant
        found = [
            conflict
            for conflict in self.conflicts
            if one.participant in conflict.participants and len(conflict.participants) <= ON_CARD
        ]
        marks = [
            mark
            for mark, on in (
                ("ОВЗ", person.more_time),
                ("схема 2", self.book.scheme(one.participant) == 2),
                (f"перерыв {one.break_after} мин", bool(one.break_after)),
            )
            if on
        ]
        return {
            "id": one.participant,
            "name": str(person.name),
            "class": person.class_label,
            "at": clock(one.starts_at),
            "until": clock(one.ends_at),
            "moment": one.starts_at,
            "minutes": one.minutes,
            "marks": marks,
            "conflicts": found,
            "bad": any(conflict.blocking for conflict in found),
            "fixed": one.participant in self.book.fixed,
            "moved": one.participant in moved,
            "reason": one.reason,
        }


def with_fixed(draft: Plan, force: Plan, book: Book) -> Plan:
    """The draft with those who have begun meanwhile where they really are, and without those who sit no more."""
    listed = {one.person.id for one in book.sittings if one.absence is None}
    fixed = book.fixed
    real = [one for one in force.appointments if one.participant in fixed]
    kept = [one for one in draft.appointments if one.participant not in fixed and one.participant in listed]
    rows = tuple(sorted([*real, *kept], key=lambda one: (one.room, one.starts_at, one.order)))
    return Plan(rows, draft.unplaced, draft.breaks, draft.explanation)
