"""Links: a seat's id and a mark that only this server can make. Nothing secret is in the database.

A replaced link has the same seat and another mark; the marks before it are known, and told apart from foreign ones.
"""

import base64
import hmac
import secrets
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server.errors import LinkProblem, NotFound, Refused
from server.exam.seats import DAY_WIDE, PERSONS

from . import tables
from .records import ExamDay, School, SeatRow
from .types import SEAT_ID_LENGTH

MAC_LENGTH = 22
"""Characters of base64url, 132 bits."""
TOKEN_LENGTH = SEAT_ID_LENGTH + MAC_LENGTH


def new_seat_id() -> str:
    """12 random characters that are safe in a URL."""
    return secrets.token_urlsafe(SEAT_ID_LENGTH * 3 // 4)


def token_for(secret: bytes, seat_id: str, number: int = 0) -> str:
    """The secret part of the link `/j/{token}`; `number` counts its replacements."""
    return seat_id + _mac(secret, seat_id, number)


def _mac(secret: bytes, seat_id: str, number: int) -> str:
    digest = hmac.digest(secret, f"{seat_id}.{number}".encode() if number else seat_id.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode()[:MAC_LENGTH]


async def seat_of(session: AsyncSession, secret: bytes, token: str) -> SeatRow | None:
    """The seat of a link made by this server; None for any other. Revoked ones are given: see `check`.

    A seat whose link was replaced is given as revoked for the links before.
    """
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    seat_id, mac = token[:SEAT_ID_LENGTH], token[SEAT_ID_LENGTH:]
    row = await session.get(tables.Seat, seat_id)
    if row is None:
        return None
    for number in range(row.link_number, -1, -1):
        if hmac.compare_digest(mac, _mac(secret, seat_id, number)):
            seat = seat_row(row)
            return seat if number == row.link_number else replace(seat, revoked_at=row.created_at)
    return None


async def seat_by_id(session: AsyncSession, seat_id: str) -> SeatRow | None:
    row = await session.get(tables.Seat, seat_id)
    return None if row is None else seat_row(row)


def check(seat: SeatRow, school: School, day: ExamDay, now: datetime) -> None:
    """`LinkProblem` unless the link opens its page now.

    On the day itself, by the school's calendar, a valid link always does, however early or late (D-07); so
    it does after midnight if the day is still open.
    """
    today = now.astimezone(school.zone).date()
    if seat.revoked_at is not None:
        raise LinkProblem("revoked", school=school.name, phone=school.phone)
    if today < day.date:
        raise LinkProblem("wrong_day", school=school.name, phone=school.phone, opens_at=day.opens_at)
    if today > day.date and now >= day.closes_at:
        raise LinkProblem("expired", school=school.name, phone=school.phone)


async def add_seat(
    session: AsyncSession,
    *,
    day_id: int,
    room_id: int | None,
    kind: SeatKind,
    last_name: str,
    first_name: str,
    patronymic: str,
    at: datetime,
    participant_id: int | None = None,
    person_id: int | None = None,
    by_link: bool = True,
) -> SeatRow:
    """A new seat with a new link. Kinds of the whole day have no room, all others have one of that day."""
    if kind not in PERSONS or (room_id is None) != (kind in DAY_WIDE):
        raise Refused("seat_place", "Такое место здесь не предусмотрено.")
    if room_id is not None:
        room = await session.get(tables.Room, room_id)
        if room is None or room.day_id != day_id:
            raise NotFound(detail="room of the day")
    row = tables.Seat(
        id=new_seat_id(),
        day_id=day_id,
        room_id=room_id,
        kind=kind.value,
        last_name=last_name,
        first_name=first_name,
        patronymic=patronymic,
        revoked_at=None,
        created_at=at,
        participant_id=participant_id,
        person_id=person_id,
        by_link=by_link,
        link_number=0,
    )
    session.add(row)
    await session.flush()
    return seat_row(row)


async def revoke(session: AsyncSession, seat_id: str, at: datetime) -> SeatRow:
    """The link opens nothing from now on; revoking again keeps the first time."""
    row = await _held(session, seat_id)
    row.revoked_at = row.revoked_at or at
    await session.flush()
    return seat_row(row)


async def replace_link(session: AsyncSession, seat_id: str) -> SeatRow:
    """A new link for the seat, also for a revoked one; the one before opens nothing from now on."""
    row = await _held(session, seat_id)
    row.link_number, row.revoked_at = row.link_number + 1, None
    await session.flush()
    return seat_row(row)


async def _held(session: AsyncSession, seat_id: str) -> tables.Seat:
    """The row, held until the transaction ends; `NotFound` if there is none."""
    row = await session.scalar(select(tables.Seat).where(tables.Seat.id == seat_id).with_for_update())
    if row is None:
        raise NotFound(detail="seat")
    return row


def seat_row(row: tables.Seat) -> SeatRow:
    return SeatRow(
        id=row.id,
        day_id=row.day_id,
        room_id=row.room_id,
        kind=SeatKind(row.kind),
        last_name=row.last_name,
        first_name=row.first_name,
        patronymic=row.patronymic,
        revoked_at=row.revoked_at,
        created_at=row.created_at,
        participant_id=row.participant_id,
        person_id=row.person_id,
        by_link=row.by_link,
        link_number=row.link_number,
    )


async def give_link(session: AsyncSession, seat_id: str) -> SeatRow:
    """Lets a seat of the staff be opened by its link, without an account; a revoked one gets a new link."""
    row = await _held(session, seat_id)
    if row.revoked_at is not None:
        row.link_number, row.revoked_at = row.link_number + 1, None
    row.by_link = True
    await session.flush()
    return seat_row(row)
