"""Who has rehearsed for a day and with what result, from the journal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.exam.rehearsal import Outcome, Problem

from . import tables

OPENED, CLOSED, DONE = "rehearsal.opened", "rehearsal.closed", "rehearsal.done"


@dataclass(frozen=True, slots=True)
class LastRehearsal:
    """The last rehearsal of a seat. Without an outcome: opened, and not gone through."""

    seat_id: str
    opened_at: datetime
    done_at: datetime | None = None
    outcome: Outcome | None = None
    problems: tuple[Problem, ...] = ()
    report: dict[str, Any] | None = None
    """camera, microphone, browser, system, line: {connected, voice_dbfs, picture_kbps, rtt_ms, loss} or None."""


async def last_of_day(session: AsyncSession, day_id: int) -> dict[str, LastRehearsal]:
    """By seat. A result stays known when the page is only opened again."""
    query = (
        select(tables.Journal)
        .where(tables.Journal.day_id == day_id, tables.Journal.event.in_((OPENED, DONE)))
        .order_by(tables.Journal.id)
    )
    found: dict[str, LastRehearsal] = {}
    for row in await session.scalars(query):
        if row.seat_id is None:
            continue
        if row.event == OPENED:
            found.setdefault(row.seat_id, LastRehearsal(row.seat_id, row.at))
        else:
            data = dict(row.data or {})
            found[row.seat_id] = LastRehearsal(
                seat_id=row.seat_id,
                opened_at=found[row.seat_id].opened_at if row.seat_id in found else row.at,
                done_at=row.at,
                outcome=Outcome(data.pop("outcome")),
                problems=tuple(Problem(one) for one in data.pop("problems")),
                report=data,
            )
    return found
