"""`/schools/{school}/participants`: the list by class with its filters, and the page of a participant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import Refused
from server.exam.people import DocumentKind
from server.exam.profile import Profile
from server.exam.profile_parts import Answer, Category, Form, Place
from server.exam.readiness import Lack
from server.exchange import words
from server.http.access import Viewer, viewer
from server.http.request import number_of
from server.store import following, journal, participants, staff
from server.store.participants import ParticipantRow, class_key

from . import person_form, regions, standing
from .desk import Desk, see
from .fields import Fields
from .listing import folded
from .people_words import OUTCOMES, category_titles, differences, grounds
from .school import today_of
from .standing import Standing
from .words import short_date

Pair = tuple[ParticipantRow, Standing]

FILTERS: dict[str, tuple[str, Callable[[Pair], bool]]] = {
    "": ("Все", lambda one: True),
    "lacking": ("Чего-то не хватает", lambda one: bool(one[1].sentences)),
    "consent": ("Нет согласия", lambda one: Lack.CONSENT in one[1].lacks),
    "ground": ("Нет основания", lambda one: Lack.GROUND in one[1].lacks),
    "document": ("Нет документа", lambda one: Lack.DOCUMENT in one[1].lacks),
    "ovz": ("ОВЗ и инвалидность", lambda one: one[0].participant.more_time),
    "second": ("Вторая схема", lambda one: one[1].scheme is not None and one[1].scheme.number == 2),
    "again": ("Могут пересдать", lambda one: one[1].again is True),
}
"""The key in the address, the title, and who is shown."""


@dataclass(frozen=True, slots=True)
class Participants:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        """By class and name; `q` finds by words of the name or by the number, `class` and `show` narrow the list."""
        school = viewer(request).here
        query, label = request.query.get("q", "").strip()[:100], request.query.get("class", "")
        shown = request.query.get("show", "")
        aside = shown == "archived"
        async with self.desk.store.read() as session:
            rows = await participants.of_school(session, school.id, archived=True)
        profile = regions.profile_of(self.desk.settings, school.profile)
        today = today_of(self.desk, school)
        kept = [row for row in rows if (row.archived_at is not None) is aside]
        pairs = [(row, standing.of(row, school, profile, today)) for row in kept]
        narrowed = [
            one for one in pairs if _matches(one[0], query) and label in {"", one[0].participant.class_label}
        ]
        wanted = FILTERS.get(shown, FILTERS[""])[1]
        found = [one for one in narrowed if wanted(one)]
        context: dict[str, Any] = {
            "classes": sorted({row.participant.class_label for row in kept}, key=class_key),
            "groups": [
                {"title": title, "rows": [_line(one) for one in group]}
                for title, group in (
                    (title, list(group))
                    for title, group in groupby(found, key=lambda one: one[0].participant.class_label)
                )
            ],
            "query": query,
            "label": label,
            "shown": shown,
            "aside": aside,
            "set_aside": sum(row.archived_at is not None for row in rows),
            "total": len(kept),
            "found": len(found),
            "filters": _filters(narrowed, query, label, shown),
            "gaps": sorted({one[1].scheme_gap for one in pairs if one[1].scheme_gap}),
        }
        return self.desk.page(request, "office/participants.html", context)

    async def new(self, request: web.Request) -> web.Response:
        fields = Fields(person_form.form_of(None) | {"class_label": request.query.get("class", "")[:40]})
        return await self._card(request, None, fields)

    async def add(self, request: web.Request) -> web.Response:
        who, fields = viewer(request), await self.desk.fields(request)
        typed = await self._read(who, fields)
        if fields.valid:
            try:
                async with self.desk.store.begin() as session:
                    now = self.desk.clock.now()
                    row = await participants.add(session, who.here.id, typed.participant, at=now)
                    await self._write_rest(session, row, typed)
                    await self._journal(session, "participant.added", who, row.id)
            except Refused as refusal:
                fields.wrong("number", refusal.text)
        if not fields.valid:
            return await self._card(request, None, fields)
        raise see(f"/schools/{who.here.id}/participants", "added")

    async def edit(self, request: web.Request) -> web.Response:
        row = await self._load(request)
        return await self._card(request, row, Fields(person_form.form_of(row)))

    async def save(self, request: web.Request) -> web.Response:
        """The whole card replaced. One that was changed meanwhile is shown again with what was typed, and said so."""
        who, fields = viewer(request), await self.desk.fields(request)
        typed = await self._read(who, fields)
        row = await self._load(request)
        if not fields.valid:
            return await self._card(request, row, fields)
        stale, days = False, frozenset[int]()
        try:
            async with self.desk.store.begin() as session:
                await participants.hold(session, who.here.id)
                row = await participants.load(session, who.here.id, row.id)
                stale = fields.values.get("changed_at", "") != row.changed_at.isoformat()
                if not stale:
                    now = _after(row.changed_at, self.desk.clock.now())
                    await participants.change(session, who.here.id, row.id, typed.participant, at=now)
                    await self._write_rest(session, row, typed)
                    await self._journal(session, "participant.changed", who, row.id)
                    scheme = regions.schemes_of(self.desk.settings, who.here)
                    days = await following.participants_changed(session, [row.id], now, scheme=scheme)
        except Refused as refusal:
            fields.wrong("number", refusal.text)
            return await self._card(request, row, fields)
        if stale:
            fields.values["changed_at"] = row.changed_at.isoformat()
            return await self._card(
                request, row, fields, stale=differences(row.participant, typed.participant)
            )
        await self.desk.refresh(days)
        raise see(f"/schools/{who.here.id}/participants", "saved")

    async def archive(self, request: web.Request) -> web.Response:
        """Put aside, or taken back; nothing is deleted before its time (C-09)."""
        who, fields = viewer(request), await self.desk.fields(request)
        row, back = await self._load(request), fields.flag("back")
        async with self.desk.store.begin() as session:
            at = None if back else self.desk.clock.now()
            await participants.archive(session, who.here.id, row.id, at=at)
            event = "participant.restored" if back else "participant.archived"
            await self._journal(session, event, who, row.id)
        raise see(f"/schools/{who.here.id}/participants", "restored" if back else "removed")

    async def _read(self, who: Viewer, fields: Fields) -> person_form.Typed:
        async with self.desk.store.read() as session:
            people = await staff.persons(session, who.here.id, archived=True)
        return person_form.read(
            fields, today=today_of(self.desk, who.here), people={one.id for one in people}
        )

    async def _write_rest(self, session: AsyncSession, row: ParticipantRow, typed: person_form.Typed) -> None:
        await participants.set_familiar_examiner(session, row.school_id, row.id, typed.familiar_examiner_id)
        await participants.set_kin(session, row.school_id, row.id, typed.kin)
        for day, _ in row.outcomes:
            await participants.set_outcome(session, row.school_id, row.id, day, None)
        for day, outcome in typed.outcomes:
            await participants.set_outcome(session, row.school_id, row.id, day, outcome)

    async def _load(self, request: web.Request) -> ParticipantRow:
        number = number_of(request.match_info["participant"])
        async with self.desk.store.read() as session:
            return await participants.load(session, viewer(request).here.id, number)

    async def _journal(self, session: AsyncSession, event: str, who: Viewer, participant_id: int) -> None:
        await journal.append(
            session, event, at=self.desk.clock.now(), day=None,
            data={"school": who.here.id, "participant": participant_id, "by": who.account.id},
        )  # fmt: skip

    async def _card(
        self,
        request: web.Request,
        row: ParticipantRow | None,
        fields: Fields,
        *,
        stale: list[str] | None = None,
    ) -> web.Response:
        school = viewer(request).here
        async with self.desk.store.read() as session:
            people = await staff.persons(session, school.id, archived=True)
            others = await participants.of_school(session, school.id)
        profile = regions.profile_of(self.desk.settings, school.profile)
        today = today_of(self.desk, school)
        kept = {row.familiar_examiner_id, *row.kin} if row is not None else set()
        context: dict[str, Any] = {
            "row": row,
            "standing": None if row is None else standing.of(row, school, profile, today),
            "people": [
                (one.id, f"{one.person.name}{', ' + one.person.position if one.person.position else ''}")
                for one in people
                if one.archived_at is None or one.id in kept
            ],
            "families": sorted({one.participant.family for one in others if one.participant.family}),
            "siblings": _siblings(row, others),
            "classes": sorted({one.participant.class_label for one in others}, key=class_key),
            "profile": profile,
            "choices": choices(profile),
            "scale_gap": "" if profile is None or profile.scale else profile.gap("scale").text,
            "grounds_gap": ""
            if profile is None or profile.distance.grounds
            else profile.gap("distance.grounds").text,
            "representatives": person_form.representative_rows(row),
            "outcome_rows": person_form.outcome_rows(row),
            "stale": stale,
        }
        status = 409 if stale is not None else 200
        return self.desk.page(request, "office/participant.html", context, fields=fields, status=status)


def choices(profile: Profile | None) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the form offer, by field."""
    return {
        "document_kind": [(one.value, _upper(words.title(one))) for one in DocumentKind],
        "form": [(one.value, _upper(words.title(one))) for one in Form],
        "place": [(one.value, _upper(words.title(one))) for one in Place],
        "answer": [(one.value, _upper(words.title(one))) for one in Answer],
        "ground": [(one.value, title) for one, title in grounds(profile)],
        "category": [(one.value, title) for one, title in category_titles(profile)],
        "accompanying": [
            (one.value, title)
            for one, title in category_titles(profile)
            if one not in {Category.MOTOR, Category.MOTOR_WITH_OTHER}
        ],
        "outcome": [(one.value, title) for one, title in OUTCOMES.items()],
    }


def _siblings(row: ParticipantRow | None, others: tuple[ParticipantRow, ...]) -> list[str]:
    if row is None or not row.participant.family:
        return []
    return [
        f"{one.participant.name}, {one.participant.class_label}"
        for one in others
        if one.id != row.id and one.participant.family == row.participant.family
    ]


def _after(before: datetime, now: datetime) -> datetime:
    """The moment of a change, always another than the one of before: forms tell by it whether they are stale."""
    return now if now > before else before + datetime.resolution


def _matches(row: ParticipantRow, query: str) -> bool:
    person = row.participant
    text = folded(f"{person.name} {person.number}")
    return all(word in text for word in folded(query).split())


def _filters(pairs: list[Pair], query: str, label: str, shown: str) -> list[dict[str, Any]]:
    """The links above the list; one that would show nobody is left out unless it is the one followed."""
    found = []
    for key, (title, wanted) in FILTERS.items():
        count = sum(1 for one in pairs if wanted(one))
        if count or key in {"", shown}:
            parts = [("q", query), ("class", label), ("show", key)]
            address = urlencode([(name, value) for name, value in parts if value])
            found.append({"title": title, "count": count, "address": f"?{address}", "on": key == shown})
    return found


def _line(one: Pair) -> dict[str, Any]:
    row, stands = one
    person = row.participant
    document = person.document
    return {
        "id": row.id,
        "name": str(person.name),
        "number": person.number,
        "born": "" if person.birth_date is None else short_date(person.birth_date),
        "document": "" if document is None else f"{document.series} {document.number}".strip(),
        "form": words.title(person.form),
        "ground": "" if person.ground is None else words.title(person.ground),
        "ovz": "" if person.category is None else words.title(person.category),
        "disabled": person.disabled,
        "written": person.answer is Answer.WRITTEN,
        "break_minutes": person.break_minutes,
        "archived": row.archived_at is not None,
        "stands": stands,
    }


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
