"""`/days/{day}/print`: what can be printed of the day, filled in or blank, and all of it for a day without a server."""

import asyncio
import io
import zipfile
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from aiohttp import web

from server.errors import NotFound
from server.forms.catalogue import CONTENT_TYPES, DOCUMENTS, Document, Format
from server.forms.press import Press
from server.http.access import Viewer, viewer
from server.store import journal, staff
from server.store.links import token_for
from server.store.plan_inputs import load_book

from .desk import Desk
from .form_views import has_form
from .paper_views import Paper
from .papers import BLANKS, BY_ROOM, KIT, KIT_BLANKS, VIEWS
from .regions import profile_of

WHAT_FOR: dict[str, str] = {
    "is-01": "Список дня с аудиториями и отметками «Н»; до дня — заранее заполненный.",
    "is-02": "По аудиториям: участники с документами уже вписаны, остаются время и подписи.",
    "is-03": "По листу на участника. На школу из 200 человек нужно около двух минут: печатайте по аудиториям.",
    "is-04": "По аудиториям, для эксперта: участники уже вписаны.",
    "is-08": "Участник не может продолжать по уважительной причине.",
    "removal": "Участник нарушил порядок.",
    "is-10": "Наблюдатели вписаны, отметки они ставят сами.",
    "plan-rooms": "По листу на аудиторию: кто, когда, сколько минут. Для двери и для собеседника.",
    "plan-people": "По листу на человека: его аудитория и время.",
    "plan-calls": "Кого и когда звать, с телефонами родителей. Для организатора вне аудитории.",
    "slips": "Памятки без ссылки: когда быть готовым и что приготовить.",
    "commissions": "Составы комиссий с номерами приказов.",
    "attendance": "Лист явки с местом для подписей.",
    "link-cards": "Личные карточки с QR-кодом: раздайте участникам лично.",
    "report": "По плану, фактически, отсутствуют — как есть на эту минуту.",
}


@dataclass(frozen=True, slots=True)
class DayPrint:
    desk: Desk
    press: Press

    async def show(self, request: web.Request) -> web.Response:
        who = viewer(request)
        paper = await self.paper(who)
        context = {
            "papers": [_row(DOCUMENTS[kind]) for kind in VIEWS if has_form(paper.book, kind)],
            "planned": bool(paper.planned()),
            "rooms": [room for room in paper.book.day.rooms if paper.planned(room.id)],
            "kit": [DOCUMENTS[kind].title for kind in KIT],
        }
        return self.desk.page(request, "office/day_print.html", context)

    async def document(self, request: web.Request) -> web.Response:
        """The file, made anew each time. Every print is in the journal."""
        who, kind = viewer(request), request.match_info["document"]
        paper = await self.paper(who)
        if kind == "kit":
            return await self._kit(who, paper)
        blank = "blank" in request.query
        gather = (BLANKS if blank else VIEWS).get(kind)
        try:
            form = Format(request.query.get("form", "pdf"))
        except ValueError:
            raise NotFound(detail="format of a document") from None
        if gather is None or form not in DOCUMENTS[kind].formats or not has_form(paper.book, kind):
            raise NotFound(detail="document of the day")
        if kind in BY_ROOM and "room" in request.query:
            paper = replace(paper, room=_room_of(paper, request.query["room"]))
        made = await self.press.make(kind, gather(paper), form)
        await self.note(who, kind, form.value, blank=blank)
        name = f"{DOCUMENTS[kind].code or kind}{'-бланк' if blank else ''}_{who.today.date}.{form.value}"
        return file_answer(made, CONTENT_TYPES[form], name)

    async def _kit(self, who: Viewer, paper: Paper) -> web.Response:
        """Everything on paper, in one archive: the day survives a dead server."""
        made: list[tuple[str, bytes]] = []
        for number, (kind, blank) in enumerate(
            [
                (kind, blank)
                for kinds, blank in ((KIT, False), (KIT_BLANKS, True))
                for kind in kinds
                if has_form(paper.book, kind)
            ],
            start=1,
        ):
            view = (BLANKS if blank else VIEWS)[kind](paper)
            title = DOCUMENTS[kind].title + (" (бланк)" if blank else "")
            made.append((f"{number:02} {title}.pdf", await self.press.make(kind, view)))
        await self.note(who, "kit", "zip", blank=False)
        archive = await asyncio.to_thread(_zipped, made)
        return file_answer(archive, "application/zip", f"комплект_{who.today.date}.zip")

    async def paper(self, who: Viewer) -> Paper:
        """The day with what only printing needs."""
        async with self.desk.store.read() as session:
            book = await load_book(session, who.today.id, profile_of(self.desk.settings, who.here.profile))
            orders = await staff.orders(session, who.today.id)
        return Paper(book, orders, self.desk.clock.now(), who.account.name, self.link_of)

    def link_of(self, seat_id: str, number: int) -> str:
        """The address of a seat's page."""
        base = self.desk.settings.public_url.rstrip("/")
        return f"{base}/j/{token_for(self.desk.secret, seat_id, number)}"

    async def note(self, who: Viewer, kind: str, form: str, **data: Any) -> None:
        """Who printed what: personal data leaves the server by this door."""
        async with self.desk.store.begin() as session:
            await journal.append(
                session,
                "document.printed",
                at=self.desk.clock.now(),
                day=who.today.id,
                data={"document": kind, "form": form, "by": who.account.id} | data,
            )


def _room_of(paper: Paper, number: str) -> int:
    found = next((room.id for room in paper.book.day.rooms if room.number == number), None)
    if found is None:
        raise NotFound(detail="room of the day")
    return found


def _row(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "title": document.title,
        "code": document.code,
        "what": WHAT_FOR[document.kind],
        "forms": [form.value for form in document.formats],
        "blank": document.kind in BLANKS,
        "by_room": document.kind in BY_ROOM,
    }


def file_answer(content: bytes, content_type: str, name: str) -> web.Response:
    """A file to be saved, that nobody keeps a copy of on the way."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    return web.Response(body=content, content_type=content_type, headers=headers)


def _zipped(files: list[tuple[str, bytes]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return content.getvalue()
