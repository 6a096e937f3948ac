"""`/days/{day}/links`: every participant's link, how far it was tried, and what can be done with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server import mail
from server.errors import NotFound, Refused
from server.exam.people import ROLE_NAMES, CommissionRole
from server.exam.rehearsal import Outcome
from server.forms.catalogue import CONTENT_TYPES, Format
from server.forms.letter import LinkLetter, link_letter
from server.forms.mailing import MailingRow, mailing_csv
from server.http.access import Viewer, viewer
from server.signalling import devices
from server.store import journal, links, rehearsals, seating, sittings
from server.store.plan_inputs import Book
from server.store.records import SeatRow
from server.store.rehearsals import LastRehearsal
from server.store.sittings import SittingRow

from .day_print import DayPrint, file_answer
from .desk import Desk, see
from .fields import Fields
from .paper_views import READY_BEFORE, Paper, link_cards
from .words import clock

BY_LINK = frozenset({CommissionRole.OBSERVER, CommissionRole.ASSISTANT, CommissionRole.OFFICIAL})
"""Who of the commission may be given a link instead of an account."""
REHEARSED: dict[Outcome | None, tuple[str, str]] = {
    None: ("открывалась", "plain"),
    Outcome.READY: ("проверка пройдена", "good"),
    Outcome.UNTESTED: ("проверена без связи", "warn"),
}


@dataclass(frozen=True, slots=True)
class DayLinks:
    desk: Desk
    printing: DayPrint

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        """Files and letters are answered at once; a change of a link goes back to the page."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        action = fields.text("action")
        if action in ("cards", "csv", "send"):
            return await self._many(request, action, await self.desk.chosen(request, "who") or None)
        done = ""
        try:
            if action == "replace":
                done = await self._replace(who, fields)
            else:
                async with self.desk.store.begin() as session:
                    done = await self._one(session, who, action, fields)
        except Refused as problem:
            fields.wrong("seat", problem.text)
        if not fields.valid:
            return await self._page(request, fields)
        await self.desk.hub.refresh(who.today.id)
        raise see(f"/days/{who.today.id}/links", done)

    async def _replace(self, who: Viewer, fields: Fields) -> str:
        """A new link, by the one way there is: the devices of the link before are forgotten with it."""
        async with self.desk.store.read() as session:
            seat = await self._seat(session, who, "replace", fields.text("seat", required=True))
        await self.desk.hub.replace_link(who.today.id, seat.id, by=None, person=who.account.person_id)
        return "link_replaced"

    async def _one(self, session: AsyncSession, who: Viewer, action: str, fields: Fields) -> str:
        """One seat's link revoked or given; every such change is in the journal."""
        now = self.desk.clock.now()
        if action not in _EVENTS:
            raise NotFound(detail="action of a link")
        if action == "official":
            member, room = fields.integer("member", 1, 2**31 - 1), fields.integer("room", 1, 2**31 - 1)
            seat_id = (await seating.seat_official(session, who.today.id, member or 0, room or 0, now)).id
        else:
            seat_id = fields.text("seat", required=True)
        seat = await self._seat(session, who, action, seat_id)
        if action == "revoke":
            await links.revoke(session, seat.id, now)
        else:
            await links.give_link(session, seat.id)
        event, done = _EVENTS[action]
        data = {"by": who.account.id}
        await journal.append(session, event, at=now, day=who.today.id, seat=seat.id, data=data)
        return done

    async def _seat(self, session: AsyncSession, who: Viewer, action: str, seat_id: str) -> SeatRow:
        """Raises NotFound for a seat of another day, of one who signs in, or of one taken off the list."""
        seat = await links.seat_by_id(session, seat_id)
        if seat is None or seat.day_id != who.today.id or seat.kind not in _LINKED[action]:
            raise NotFound(detail="seat of the day with a link")
        listed = {one.seat_id for one in await sittings.of_day(session, who.today.id)}
        if seat.kind is SeatKind.PARTICIPANT and seat_id not in listed:
            raise NotFound(detail="participant of the day")
        return seat

    async def _many(self, request: web.Request, action: str, chosen: frozenset[int] | None) -> web.Response:
        who = viewer(request)
        paper = await self.printing.paper(who)
        if action == "cards":
            view = link_cards(paper, chosen)
            made = await self.printing.press.make("link-cards", view)
            await self.printing.note(who, "link-cards", "pdf", count=len(view.cards))
            return file_answer(made, CONTENT_TYPES[Format.PDF], f"карточки_{who.today.date}.pdf")
        rows = _mailing(paper, chosen)
        if action == "csv":
            await self.printing.note(who, "links", "csv", count=len(rows))
            return file_answer(mailing_csv(rows), "text/csv", f"ссылки_{who.today.date}.csv")
        return await self._send(request, paper, rows)

    async def _send(self, request: web.Request, paper: Paper, rows: list[MailingRow]) -> web.Response:
        """Letters one by one; the page says of each address what became of it."""
        who, smtp = viewer(request), self.desk.settings.smtp
        if smtp is None:
            raise NotFound(detail="no mail server")
        head = paper.head
        letters = [
            (
                row.email,
                link_letter(LinkLetter(row.name, row.link, row.day, row.ready_at, head.school, head.phone)),
            )
            for row in rows
            if row.email
        ]
        outcomes = [one async for one in mail.send(letters, smtp, at=self.desk.clock.now())]
        sent = len([one for one in outcomes if one.sent])
        await self.printing.note(who, "links", "mail", count=len(outcomes), sent=sent)
        without = sorted({str(row.name) for row in rows} - {str(row.name) for row in rows if row.email})
        return await self._page(
            request, None, results={"outcomes": outcomes, "sent": sent, "without": without}
        )

    async def _page(
        self, request: web.Request, fields: Fields | None, results: dict[str, Any] | None = None
    ) -> web.Response:
        who = viewer(request)
        paper = await self.printing.paper(who)
        async with self.desk.store.read() as session:
            tried = await rehearsals.last_of_day(session, who.today.id)
            opened = {one.seat_id for one in await journal.of_day(session, who.today.id, event="link.opened")}
        async with self.desk.store.begin() as session:
            data = {"by": who.account.id}
            at = self.desk.clock.now()
            await journal.append(session, "links.shown", at=at, day=who.today.id, data=data)
        live = self.desk.hub.days.get(who.today.id)
        places = {} if live is None else live.places
        second = {seat for seat, place in places.items() if place.waiting or devices.stranger(place)}
        now = self.desk.clock.monotonic()
        present = {seat for seat, place in places.items() if place.present(now)}
        context = {
            "people": [
                self._participant(paper, one, opened, tried, present, second)
                for one in paper.book.sittings
                if one.seat_id is not None
            ],
            "unplanned": sum(
                1 for one in paper.book.sittings if one.absence is None and not _planned(paper.book, one)
            ),
            "guests": self._guests(paper),
            "rooms": [room for room in paper.book.day.rooms if room.closed_at is None],
            "smtp": self.desk.settings.smtp is not None,
            "results": results,
        }
        return self.desk.page(request, "office/day_links.html", context, fields=fields)

    def _participant(
        self,
        paper: Paper,
        sitting: SittingRow,
        opened: set[str | None],
        tried: dict[str, LastRehearsal],
        present: set[str],
        second: set[str],
    ) -> dict[str, Any]:
        book, seat = paper.book, paper.book.day.seat(sitting.seat_id or "")
        row, one = book.interview(sitting), sitting.person.participant
        words, tone = "ещё не открывалась", "plain"
        if seat.revoked_at is not None:
            words, tone = "закрыта", "bad"
        elif seat.id in second:
            words, tone = "второе устройство", "alarm"
        elif seat.id in present:
            words, tone = "на связи", "good"
        elif seat.id in tried:
            words, tone = REHEARSED.get(tried[seat.id].outcome, ("проверка не пройдена", "bad"))
        elif seat.id in opened:
            words, tone = "открывалась", "plain"
        return {
            "id": sitting.id,
            "seat": seat.id,
            "name": str(one.name),
            "class": one.class_label,
            "at": "" if row is None else _when(book, row.interview.planned_at),
            "words": words,
            "tone": tone,
            "revoked": seat.revoked_at is not None,
            "link": self.printing.link_of(seat.id, seat.link_number),
            "emails": [person.email for person in one.representatives if person.email],
        }

    def _guests(self, paper: Paper) -> list[dict[str, Any]]:
        """Those of the commission without an account who may come by a link."""
        found = []
        for one in paper.book.members:
            if one.role not in BY_LINK or one.away_from is not None or one.person.login is not None:
                continue
            seat = None if one.seat_id is None else paper.book.day.seat(one.seat_id)
            given = seat is not None and seat.by_link and seat.revoked_at is None
            found.append(
                {
                    "id": one.id,
                    "name": str(one.person.person.name),
                    "role": ROLE_NAMES[one.role],
                    "seat": None if seat is None else seat.id,
                    "official": one.role is CommissionRole.OFFICIAL,
                    "link": self.printing.link_of(seat.id, seat.link_number)
                    if seat is not None and given
                    else "",
                }
            )
        return found


_GUESTS = frozenset({SeatKind.OBSERVER, SeatKind.ASSISTANT})
_LINKED: dict[str, frozenset[SeatKind]] = {
    "replace": _GUESTS | {SeatKind.PARTICIPANT},
    "revoke": _GUESTS | {SeatKind.PARTICIPANT},
    "give": _GUESTS,
    "official": _GUESTS,
}
"""Whose links are handled here. Seats of those who sign in are not: whoever gave himself a link could sit there."""
_EVENTS = {
    "revoke": ("link.revoked", "link_revoked"),
    "give": ("link.given", "link_given"),
    "official": ("link.given", "link_given"),
}


def _when(book: Book, at: datetime | None) -> str:
    return "" if at is None else clock(at.astimezone(book.day.school.zone))


def _mailing(paper: Paper, chosen: frozenset[int] | None) -> list[MailingRow]:
    """A row for each parent who can be reached, and one for a participant without any."""
    rows = []
    for one, _, at in paper.planned():
        seat = paper.book.day.seat(one.seat_id or "")
        if seat.revoked_at is not None or (chosen is not None and one.id not in chosen):
            continue
        person, link = one.person.participant, paper.link_of(seat.id, seat.link_number)
        day, ready = paper.book.day.day.date, paper.local(at - READY_BEFORE)
        parents = person.representatives or (None,)
        rows += [
            MailingRow(person.name, link, day, ready, person.class_label)
            if parent is None
            else MailingRow(
                person.name, link, day, ready, person.class_label, parent.name, parent.phone, parent.email
            )
            for parent in parents
        ]
    return rows


def _planned(book: Book, sitting: SittingRow) -> bool:
    row = book.interview(sitting)
    return row is not None and row.interview.planned_at is not None
