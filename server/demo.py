"""A believable exam day for trying the service out: `python -m server.demo` against an empty database.

Two rooms, twelve participants (one with OVZ and an assistant), an examiner and an expert in each room, an
observer in one, a technical specialist and an organizer. The day is today at the school and open all day.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server import demo_people, settings
from server.clock import SystemClock
from server.errors import ExamError, Refused
from server.exam.seats import NAMES
from server.store import days, interviews, journal, tables
from server.store.database import Store
from server.store.links import add_seat, token_for
from server.store.records import Day, SeatRow

SLOT = timedelta(minutes=20)
"""Three participants an hour (C-04): the interview and the preparation of the next."""
OVZ_SLOT = timedelta(minutes=70)
"""With the staff's rest after it."""
_DEMO_SCHOOL = "demo.school"


@dataclass(frozen=True, slots=True)
class _Pupil:
    name: str
    class_label: str
    assistant: str | None = None
    """Those who have one are the participants with OVZ here."""


@dataclass(frozen=True, slots=True)
class _Room:
    number: str
    title: str
    examiner: str
    expert: str
    observer: str | None
    pupils: tuple[_Pupil, ...]


_SPECIALIST = "Мухаметзянов Ильдар Рафаэльевич"
_ORGANIZER = "Белоусова Марина Викторовна"
_ROOMS = (
    _Room(
        "07",
        "Кабинет литературы",
        examiner="Соколова Ирина Сергеевна",
        expert="Голенищева-Кутузова Елизавета Константиновна",
        observer="Тихонов Павел Андреевич",
        pupils=(
            _Pupil("Абрамова Дарья Олеговна", "9А"),
            _Pupil("Васильев Артём Игоревич", "9А"),
            _Pupil("Воскресенский-Преображенский Святослав Владиславович", "9А"),
            _Pupil("Гусева Полина Максимовна", "9Б", assistant="Лебедева Наталья Юрьевна"),
            _Pupil("Ермаков Тимофей Денисович", "9Б"),
            _Pupil("Магомедова Патимат Абдурахмановна", "9Б"),
        ),
    ),
    _Room(
        "12",
        "Кабинет истории",
        examiner="Кузнецов Дмитрий Алексеевич",
        expert="Орлова Татьяна Николаевна",
        observer=None,
        pupils=(
            _Pupil("Зайцева Вероника Евгеньевна", "9В"),
            _Pupil("Ким Алексей", "9В"),
            _Pupil("Константинопольская Александра Вячеславовна", "9В"),
            _Pupil("Новиков Глеб Романович", "9Г"),
            _Pupil("Салават Айгуль Ринатовна", "9Г"),
            _Pupil("Щербаков Матвей Ильич", "экстерн"),
        ),
    ),
)


async def create_demo(store: Store, *, now: datetime, timezone: str) -> int:
    """The demo school with today's exam day; its id. `Refused` unless the database is empty."""
    async with store.begin() as session:
        if not await days.is_empty(session):
            raise Refused(
                "not_empty", "База данных не пуста: демонстрационный день создаётся только в пустой."
            )
        school = await days.add_school(
            session,
            code="640001",
            name="МБОУ «Средняя школа № 1» (демонстрация)",
            phone="+7 (000) 000-00-00",
            timezone=timezone,
        )
        session.add(tables.Setting(key=_DEMO_SCHOOL, value=str(school.id)))
        return await _add_day(session, school.id, now, ZoneInfo(timezone))


async def ensure_demo(store: Store, *, now: datetime, timezone: str) -> int | None:
    """The demo day that is on: found, made in an empty database, or added to the demo school on a later date.

    None if the database holds a real school: then it is left alone.
    """
    async with store.begin() as session:
        mark = await session.get(tables.Setting, _DEMO_SCHOOL)
        if mark is not None:
            school = await session.get_one(tables.School, int(mark.value))
            zone = ZoneInfo(school.timezone)
            found = await _day_that_is_on(session, school.id, now, zone)
            return found if found is not None else await _add_day(session, school.id, now, zone)
        if not await days.is_empty(session):
            return None
    return await create_demo(store, now=now, timezone=timezone)


async def _day_that_is_on(session: AsyncSession, school_id: int, now: datetime, zone: ZoneInfo) -> int | None:
    """Today's, or else yesterday's if it is still open."""
    day = tables.ExamDay
    query = (
        select(day.id)
        .where(day.school_id == school_id, or_(day.date == now.astimezone(zone).date(), day.closes_at > now))
        .order_by(day.date.desc())
    )
    return await session.scalar(query.limit(1))


async def _add_day(session: AsyncSession, school_id: int, now: datetime, zone: ZoneInfo) -> int:
    """Open from the school's midnight to the next, for twelve hours at least; begun at the last quarter."""
    local = now.astimezone(zone)
    start = local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), zone)
    day = await days.add_day(
        session,
        school_id=school_id,
        date=local.date(),
        opens_at=datetime.combine(local.date(), time(), zone),
        starts_at=start,
        closes_at=max(midnight, now + timedelta(hours=12)),
    )
    for room in _ROOMS:
        await _add_room(session, day.id, room, start, now)
    await _add_seat(session, day.id, None, SeatKind.SPECIALIST, _SPECIALIST, now)
    await _add_seat(session, day.id, None, SeatKind.ORGANIZER, _ORGANIZER, now)
    await demo_people.put_people(session, day.id, now)
    await journal.append(session, "demo.created", at=now, day=day.id)
    return day.id


async def _add_room(session: AsyncSession, day_id: int, plan: _Room, start: datetime, now: datetime) -> None:
    room = await days.add_room(session, day_id=day_id, number=plan.number, title=plan.title)
    await _add_seat(session, day_id, room.id, SeatKind.EXAMINER, plan.examiner, now)
    await _add_seat(session, day_id, room.id, SeatKind.EXPERT, plan.expert, now)
    if plan.observer is not None:
        await _add_seat(session, day_id, room.id, SeatKind.OBSERVER, plan.observer, now)
    planned_at = start
    for order, pupil in enumerate(plan.pupils, start=1):
        seat = await _add_seat(session, day_id, room.id, SeatKind.PARTICIPANT, pupil.name, now)
        assistant = (
            None
            if pupil.assistant is None
            else await _add_seat(session, day_id, room.id, SeatKind.ASSISTANT, pupil.assistant, now)
        )
        await interviews.add(
            session,
            room_id=room.id,
            seat_id=seat.id,
            order=order,
            class_label=pupil.class_label,
            ovz=assistant is not None,
            planned_at=planned_at,
            assistant_seat_id=None if assistant is None else assistant.id,
        )
        planned_at += SLOT if assistant is None else OVZ_SLOT


async def _add_seat(
    session: AsyncSession, day_id: int, room_id: int | None, kind: SeatKind, name: str, now: datetime
) -> SeatRow:
    last, first, patronymic = [*name.split(" "), ""][:3]
    return await add_seat(
        session,
        day_id=day_id,
        room_id=room_id,
        kind=kind,
        last_name=last,
        first_name=first,
        patronymic=patronymic,
        at=now,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    kind: SeatKind
    room: str
    name: str
    url: str


def _lines(day: Day, secret: bytes, base_url: str) -> list[_Line]:
    """One line for each valid link, in the order of the kinds, rooms and interviews."""
    kinds = list(SeatKind)
    order = {row.seat_id: row.interview.order for row in day.interviews}
    number = {room.id: room.number for room in day.rooms}
    seats = sorted(
        (seat for seat in day.seats if seat.revoked_at is None),
        key=lambda seat: (
            kinds.index(seat.kind),
            number.get(seat.room_id or 0, ""),
            order.get(seat.id, 0),
            seat.name,
        ),
    )
    return [
        _Line(
            kind=seat.kind,
            room=f"ауд. {number[seat.room_id]}" if seat.room_id in number else "",
            name=seat.name,
            url=f"{base_url.rstrip('/')}/j/{token_for(secret, seat.id, seat.link_number)}",
        )
        for seat in seats
    ]


def links(day: Day, secret: bytes, base_url: str) -> dict[str, list[dict[str, str]]]:
    """Every valid link of the day by role: `{role: [{"name", "url"}]}`."""
    roles: dict[str, list[dict[str, str]]] = {}
    for line in _lines(day, secret, base_url):
        roles.setdefault(line.kind.value, []).append({"name": line.name, "url": line.url})
    return roles


def as_text(day: Day, secret: bytes, base_url: str) -> str:
    """The same links as aligned lines with the room, under the Russian name of the role."""
    lines = _lines(day, secret, base_url)
    room = max((len(line.room) for line in lines), default=0)
    name = max((len(line.name) for line in lines), default=0)
    blocks = []
    for kind, people in groupby(lines, key=lambda line: line.kind):
        title = NAMES[kind]
        rows = [f"  {line.room:<{room}}  {line.name:<{name}}  {line.url}" for line in people]
        blocks.append("\n".join([title[:1].upper() + title[1:], *rows]))
    return "\n\n".join(blocks)


def write_json(path: Path, roles: Mapping[str, list[dict[str, str]]]) -> None:
    """Whole or not at all, mode 0600: whoever reads a link can sit down at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(json.dumps(roles, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


async def main(chosen: settings.Settings) -> None:
    async with Store(chosen.database_url) as store:
        day_id = await create_demo(store, now=SystemClock().now(), timezone=chosen.timezone)
        async with store.read() as session:
            day = await days.load_day(session, day_id)
    secret = chosen.secret()
    print(as_text(day, secret, chosen.public_url))
    if chosen.demo_links is not None:
        write_json(chosen.demo_links, links(day, secret, chosen.public_url))


if __name__ == "__main__":
    try:
        asyncio.run(main(settings.from_environment()))
    except settings.SettingsProblem as problem:
        sys.exit(str(problem))
    except ExamError as problem:
        sys.exit(f"{problem.text} ({problem})")
