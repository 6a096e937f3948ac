"""`/schools/{school}`: the settings of a school, what its region's profile says and leaves out, and its calendar."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web

from server.errors import NotFound, Refused
from server.exam.people import Name, StaffPerson
from server.exam.profile import Profile
from server.http.access import viewer
from server.http.request import number_of
from server.store import accounts, following, journal, participants, schools, staff
from server.store.records import School
from server.store.schools import Correction, SchoolCard

from . import issuing, regions, zones
from .desk import Desk, see
from .fields import Fields
from .words import date_words

YEARS = (2019, 2100)
"""The calendar is corrected within these."""


@dataclass(frozen=True, slots=True)
class SchoolPages:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        """The settings, filled with what is known."""
        return await self._page(request, Fields(form_of(viewer(request).here)))

    async def save(self, request: web.Request) -> web.Response:
        who = viewer(request)
        fields = await self.desk.fields(request)
        card, days = read_card(fields, self.desk, who.here), frozenset[int]()
        if card is not None:
            try:
                async with self.desk.store.begin() as session:
                    now, school = self.desk.clock.now(), await schools.change(session, who.here.id, card)
                    await journal.append(
                        session, "school.changed", at=now, day=None,
                        data={"school": who.here.id, "by": who.account.id},
                    )  # fmt: skip
                    listed = [row.id for row in await participants.of_school(session, school.id)]
                    scheme = regions.schemes_of(self.desk.settings, school)
                    days = await following.participants_changed(session, listed, now, scheme=scheme)
                    if school.zone != who.here.zone:
                        days |= await following.zone_changed(
                            session, school.id, who.here.zone, school.zone, now
                        )
            except Refused as refusal:
                fields.wrong("timezone" if refusal.code == "zone_today" else "code", refusal.text)
        if fields.valid:
            await self.desk.refresh(days)
            raise see(request.path, "saved")
        return await self._page(request, fields)

    async def correct(self, request: web.Request) -> web.Response:
        """A day of the calendar made free or working."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        day = fields.date("date", required=True)
        if day is not None and not YEARS[0] <= day.year <= YEARS[1]:
            fields.wrong("date", f"Год — от {YEARS[0]} до {YEARS[1]}.")
        working = fields.text("working")
        if working not in {"0", "1"}:
            fields.wrong("working", "Выберите, рабочий это день или нет.")
        note = fields.text("note", limit=300)
        if not fields.valid or day is None:
            return await self._page(request, Fields(form_of(who.here)), calendar=fields)
        async with self.desk.store.begin() as session:
            await schools.correct(session, who.here.id, day, working=working == "1", note=note)
            await journal.append(
                session, "calendar.corrected", at=self.desk.clock.now(), day=None,
                data={"school": who.here.id, "date": day.isoformat(), "working": working == "1",
                      "by": who.account.id},
            )  # fmt: skip
        raise see(f"/schools/{who.here.id}", "added")

    async def remove_correction(self, request: web.Request) -> web.Response:
        who = viewer(request)
        async with self.desk.store.begin() as session:
            number = number_of(request.match_info["correction"])
            await schools.remove_correction(session, who.here.id, number)
            await journal.append(
                session, "calendar.restored", at=self.desk.clock.now(), day=None,
                data={"school": who.here.id, "correction": number, "by": who.account.id},
            )  # fmt: skip
        raise see(f"/schools/{who.here.id}", "removed")

    async def invite_organizer(self, request: web.Request) -> web.Response:
        """The operator makes the school's organizer: a card, an account, and a code on paper, shown once."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        if known := fields.text("account", limit=9):
            return await self._let_in(request, number_of(known))
        name = Name(
            fields.text("organizer_last", required=True, limit=100),
            fields.text("organizer_first", required=True, limit=100),
            fields.text("organizer_patronymic", limit=100),
        )
        person = StaffPerson(
            name,
            position=fields.text("organizer_position"),
            phone=fields.text("organizer_phone", limit=60),
        )
        if not fields.valid:
            return await self._page(request, Fields(form_of(who.here)), organizer=fields)
        async with self.desk.store.begin() as session:
            card = await staff.add_person(session, who.here.id, person)
            issued = await issuing.new_account(session, self.desk, card, "organizer", by=who.account.id)
        return issuing.page(self.desk, request, issued, back=f"/schools/{who.here.id}")

    async def _let_in(self, request: web.Request, account_id: int) -> web.Response:
        """A new code for an organizer of the school: the invitation again, or the way back in."""
        who = viewer(request)
        async with self.desk.store.begin() as session:
            held = await accounts.accounts_of_school(session, who.here.id)
            account = next(
                (one for one in held if one.id == account_id and one.standing == "organizer"), None
            )
            if account is None:
                raise NotFound(detail="organizer of the school")
            give = issuing.reset if account.has_password else issuing.invite
            issued = await give(session, self.desk, account, by=who.account.id)
        return issuing.page(self.desk, request, issued, back=f"/schools/{who.here.id}")

    async def _page(
        self,
        request: web.Request,
        fields: Fields,
        *,
        calendar: Fields | None = None,
        organizer: Fields | None = None,
    ) -> web.Response:
        school = viewer(request).here
        async with self.desk.store.read() as session:
            corrections = await schools.corrections(session, school.id)
            municipalities = await schools.municipalities(session)
            held = await accounts.accounts_of_school(session, school.id)
        chosen = None if school.profile is None else regions.region(self.desk.settings, school.profile)
        calendar, organizer = calendar or Fields({}), organizer or Fields({})
        context: dict[str, Any] = {
            "zones": zones.options(school.timezone),
            "regions": regions.all_of(self.desk.settings),
            "municipalities": municipalities,
            "region": chosen,
            "said": None if chosen is None or chosen.profile is None else said(chosen.profile),
            "broken": [one for one in regions.all_of(self.desk.settings) if one.profile is None],
            "corrections": [_line(one) for one in corrections],
            "calendar_values": calendar.values,
            "calendar_errors": calendar.errors,
            "organizers": [one for one in held if one.standing == "organizer" and not one.disabled],
            "organizer_values": organizer.values,
            "organizer_errors": organizer.errors,
        }
        status = 422 if calendar.errors or organizer.errors else 200
        return self.desk.page(request, "office/school.html", context, fields=fields, status=status)


def form_of(school: School) -> dict[str, str]:
    """The settings as the fields of the form."""
    return {
        "code": school.code,
        "name": school.name,
        "address": school.address,
        "phone": school.phone,
        "timezone": school.timezone,
        "municipality": school.municipality,
        "profile": school.profile or "",
        "scheme": "" if school.chosen_scheme is None else str(school.chosen_scheme),
    }


def read_card(fields: Fields, desk: Desk, before: School | None = None) -> SchoolCard | None:
    """The card from the form; None where something in it is wrong.

    The scheme is the school's to choose only where its profile leaves it to the school (D-21).
    """
    code = fields.text("code", required=True, limit=40)
    name = fields.text("name", required=True, limit=300)
    zone = fields.text("timezone", required=True)
    if zone and zone not in zones.KEYS and (before is None or zone != before.timezone):
        fields.wrong("timezone", "Выберите часовой пояс из списка.")
    profile = fields.text("profile") or None
    if profile is not None and profile not in {one.id for one in regions.all_of(desk.settings)}:
        fields.wrong("profile", "Такого профиля нет. Выберите из списка.")
        profile = None
    rules = regions.profile_of(desk.settings, profile)
    scheme = None
    if rules is not None and rules.scheme.choice == "school" and fields.text("scheme") in {"1", "2"}:
        scheme = int(fields.text("scheme"))
    card = SchoolCard(
        code=code,
        name=name,
        timezone=zone,
        phone=fields.text("phone", limit=60),
        address=fields.text("address", limit=300),
        municipality=fields.text("municipality", limit=200),
        profile=profile,
        chosen_scheme=scheme,
    )
    return card if fields.valid else None


def said(profile: Profile) -> dict[str, Any]:
    """What the page tells of a profile: all it leaves out in plain sentences, and how it was read."""
    return {
        "region": profile.about.region,
        "order": profile.about.order,
        "year": profile.about.year,
        "school_chooses": profile.scheme.choice == "school",
        "missing": list(profile.missing.values()),
        "not_required": list(profile.not_required.values()),
        "readings": list(profile.about.readings),
    }


def _line(one: Correction) -> dict[str, Any]:
    return {
        "id": one.id,
        "date": date_words(one.date),
        "working": one.working,
        "note": one.note,
        "of_all": one.of_all,
    }


def today_of(desk: Desk, school: School) -> date:
    """The date at the school."""
    return desk.clock.now().astimezone(school.zone).date()
