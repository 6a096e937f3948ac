"""The draft of a plan: what was made or moved and is not approved yet, with the way back. Kept with the day as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from scheduling.plan import Habits, Plan, PlanProblem
from server.exam.profile import Profile
from server.store.records import ExamDay, School

UNDO_MOST = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """How the day is planned, the draft if there is one, and the drafts before it, the last one last."""

    habits: Habits
    draft: Plan | None = None
    undo: tuple[Plan | None, ...] = ()

    def changed(self, plan: Plan | None) -> "Kept":
        """Another draft, with this one remembered."""
        return replace(self, draft=plan, undo=(*self.undo, self.draft)[-UNDO_MOST:])

    def undone(self) -> "Kept":
        """The draft before; nothing changes where there is none."""
        if not self.undo:
            return self
        return replace(self, draft=self.undo[-1], undo=self.undo[:-1])

    def settled(self) -> "Kept":
        """No draft any more: it was approved or given up."""
        return replace(self, draft=None, undo=())

    def as_json(self) -> dict[str, Any]:
        return {
            "habits": self.habits.as_json(),
            "draft": None if self.draft is None else msgspec.to_builtins(self.draft),
            "undo": [None if one is None else msgspec.to_builtins(one) for one in self.undo],
        }


def read(settings: Mapping[str, Any] | None, day: ExamDay, school: School, profile: Profile | None) -> Kept:
    """What was kept; the usual settings where nothing was, or where it cannot be read any more."""
    plain = settings or {}
    try:
        habits = Habits.from_json(plain["habits"]) if "habits" in plain else usual(day, school, profile)
        habits = in_zone(habits, school)
        return Kept(
            habits,
            _plan(plain.get("draft"), school),
            tuple(_plan(one, school) for one in plain.get("undo", ())),
        )
    except PlanProblem:
        return Kept(usual(day, school, profile))


def usual(day: ExamDay, school: School, profile: Profile | None) -> Habits:
    """From the times of the day and the region's rules (C-04)."""
    start = day.starts_at.astimezone(school.zone).replace(second=0, microsecond=0)
    per_hour = None if profile is None or profile.exam.per_hour is None else profile.exam.per_hour[1]
    end = day.closes_at.astimezone(school.zone).replace(second=0, microsecond=0)
    return Habits(start, end, per_hour=per_hour)


def in_zone(habits: Habits, school: School) -> Habits:
    """The same moments, told by the school's clocks."""
    lunch = habits.lunch
    return replace(
        habits,
        start=habits.start.astimezone(school.zone),
        latest_end=habits.latest_end.astimezone(school.zone),
        lunch=None if lunch is None else replace(lunch, starts_at=lunch.starts_at.astimezone(school.zone)),
    )


def _plan(plain: object, school: School) -> Plan | None:
    if plain is None:
        return None
    try:
        plan = msgspec.convert(plain, Plan)
    except msgspec.ValidationError as problem:
        raise PlanProblem("Черновик плана не читается.") from problem
    return replace(
        plan,
        appointments=tuple(
            replace(one, starts_at=one.starts_at.astimezone(school.zone)) for one in plan.appointments
        ),
        breaks=tuple(replace(one, starts_at=one.starts_at.astimezone(school.zone)) for one in plan.breaks),
    )
