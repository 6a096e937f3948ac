"""Steps kept, journalled, and safe against a race."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from media.layout import SeatKind
from server.errors import ExamError, NotFound, Refused
from server.exam.interview import Interview, InterviewState, Step, advance
from server.store import interviews, journal, tables
from server.store.database import Store
from server.store.records import InterviewRow, SeatRow
from tests.store.conftest import NOON, Demo, at


async def take(demo: Demo, row: InterviewRow, step: Step, by: SeatRow, minute: float = 0) -> InterviewRow:
    async with demo.store.begin() as session:
        return await interviews.step(session, row.id, step, by=by, at=at(minute), reason="по ошибке")


async def to_waiting(demo: Demo, row: InterviewRow) -> InterviewRow:
    pupil = demo.day.seat(row.seat_id)
    await take(demo, row, Step.CONNECT, pupil)
    return await take(demo, row, Step.JOIN_QUEUE, pupil)


async def test_each_step_is_kept_and_in_the_journal(demo: Demo) -> None:
    """D-16, D-26."""
    row, examiner = demo.interview(0, 0), demo.seat(SeatKind.EXAMINER, 0)
    await to_waiting(demo, row)
    for minute, step in enumerate([Step.ADMIT, Step.BEGIN, Step.FINISH, Step.REVERSE], start=1):
        row = await take(demo, row, step, examiner, minute)
    assert row.interview == Interview(
        id=row.id,
        seat=row.seat_id,
        order=1,
        state=InterviewState.EXAM,
        planned_at=demo.interview(0, 0).interview.planned_at,
        was_over_after_conference=True,
        waiting_since=NOON,
        admitted_at=at(1),
        begun_at=at(2),
    )
    async with demo.store.read() as session:
        assert await interviews.load(session, row.id) == row
        entries = await journal.of_interview(session, row.id)
    assert [entry.event for entry in entries] == [
        "interview.connect",
        "interview.join_queue",
        "interview.admit",
        "interview.begin",
        "interview.finish",
        "interview.reverse",
    ]
    assert entries[2].data == {"from": "waiting", "to": "admitted"}
    assert entries[5].data == {"from": "finished", "to": "exam", "reason": "по ошибке"}
    assert {entry.room_id for entry in entries} == {row.room_id}
    assert [entry.seat_id for entry in entries] == [row.seat_id] * 2 + [examiner.id] * 4


async def test_a_refused_step_changes_nothing_and_leaves_no_row(demo: Demo) -> None:
    row, examiner = demo.interview(0, 0), demo.seat(SeatKind.EXAMINER, 0)
    with pytest.raises(Refused):
        await take(demo, row, Step.ADMIT, examiner)
    async with demo.store.read() as session:
        assert await interviews.load(session, row.id) == row
        assert await journal.of_interview(session, row.id) == ()


async def test_a_second_participant_is_not_admitted(demo: Demo) -> None:
    """D-10; the other room is another conference."""
    examiner = demo.seat(SeatKind.EXAMINER, 0)
    rows = [await to_waiting(demo, demo.interview(room, number)) for room, number in ((0, 0), (0, 1), (1, 0))]
    await take(demo, rows[0], Step.ADMIT, examiner)
    with pytest.raises(Refused) as refusal:
        await take(demo, rows[1], Step.ADMIT, examiner)
    assert refusal.value.code == "conference_taken"
    await take(demo, rows[2], Step.ADMIT, demo.seat(SeatKind.EXAMINER, 1))


async def test_of_two_admissions_at_once_one_wins(demo: Demo, url: str) -> None:
    """D-10, also with two servers on one database."""
    examiner = demo.seat(SeatKind.EXAMINER, 0)
    rows = [await to_waiting(demo, demo.interview(0, number)) for number in range(2)]

    async def admit(store: Store, row: InterviewRow) -> str:
        try:
            async with store.begin() as session:
                await interviews.step(session, row.id, Step.ADMIT, by=examiner, at=NOON)
        except Refused as refusal:
            return refusal.code
        return "admitted"

    async with Store(url) as other:
        answers = await asyncio.gather(admit(demo.store, rows[0]), admit(other, rows[1]))
    assert sorted(answers) == ["admitted", "conference_taken"]


async def test_one_step_pressed_twice_is_taken_once(demo: Demo, url: str) -> None:
    row = demo.interview(0, 0)
    pupil = demo.day.seat(row.seat_id)
    async with Store(url) as other:
        answers = await asyncio.gather(
            take(demo, row, Step.CONNECT, pupil),
            take(replace(demo, store=other), row, Step.CONNECT, pupil),
            return_exceptions=True,
        )
    assert sorted(isinstance(answer, Refused) for answer in answers) == [False, True]


@pytest.mark.parametrize(
    "kind, room, allowed",
    [
        (SeatKind.EXAMINER, 0, True),
        (SeatKind.EXAMINER, 1, False),
        (SeatKind.ORGANIZER, None, True),
    ],
)
async def test_an_interview_is_in_the_hands_of_its_own_room(
    demo: Demo, kind: SeatKind, room: int | None, allowed: bool
) -> None:
    row = demo.interview(0, 0)
    if allowed:
        assert (
            await take(demo, row, Step.NO_SHOW, demo.seat(kind, room))
        ).interview.state is InterviewState.NO_SHOW
        return
    with pytest.raises(NotFound):
        await take(demo, row, Step.NO_SHOW, demo.seat(kind, room))


async def test_a_participant_takes_no_step_of_another(demo: Demo) -> None:
    with pytest.raises(NotFound):
        await take(demo, demo.interview(0, 0), Step.CONNECT, demo.day.seat(demo.interview(0, 1).seat_id))


async def test_a_seat_of_another_day_takes_no_step(demo: Demo) -> None:
    stranger = replace(demo.seat(SeatKind.ORGANIZER), day_id=demo.day.id + 1)
    with pytest.raises(NotFound):
        await take(demo, demo.interview(0, 0), Step.NO_SHOW, stranger)


async def test_an_unknown_interview_is_not_found(demo: Demo) -> None:
    async with demo.store.begin() as session:
        with pytest.raises(NotFound):
            await interviews.load(session, 10_000)
        with pytest.raises(NotFound):
            await interviews.new_recording_part(session, 10_000, "node-1", "stem", at=NOON)


@pytest.mark.parametrize("state", ["invited", "testing", "waiting"])
async def test_the_database_itself_keeps_who_finished_from_the_waiting(demo: Demo, state: str) -> None:
    """D-11."""
    with pytest.raises(IntegrityError):
        async with demo.store.begin() as session:
            await session.execute(
                update(tables.Interview)
                .where(tables.Interview.id == demo.interview(0, 0).id)
                .values(state=state, was_over_after_conference=True)
            )


async def test_the_database_itself_keeps_two_out_of_one_conference(demo: Demo) -> None:
    """D-10."""
    room = demo.day.rooms[0].id
    with pytest.raises(ExamError, match="conference_taken"):
        async with demo.store.begin() as session:
            await session.execute(
                update(tables.Interview).where(tables.Interview.room_id == room).values(state="exam")
            )


async def test_a_state_that_changed_meanwhile_is_not_overwritten(demo: Demo) -> None:
    row = demo.interview(0, 0)
    connected = advance(row.interview, Step.CONNECT, SeatKind.PARTICIPANT, NOON)
    async with demo.store.begin() as session:
        saved = await interviews.save(session, connected, was=InterviewState.INVITED)
    assert saved.interview == connected
    with pytest.raises(Refused) as refusal:
        async with demo.store.begin() as session:
            await interviews.save(session, connected, was=InterviewState.INVITED)
    assert refusal.value.code == "changed_meanwhile"


async def test_what_else_is_known_is_kept(demo: Demo) -> None:
    """C-02, D-08."""
    row = demo.interview(0, 0)
    report = {"camera": "ok", "microphone": "noisy", "detail": {"level": -31.5, "браузер": "Firefox"}}
    verdict = {"verdict": "good", "note": "", "by": "specialist", "at": 1}
    async with demo.store.begin() as session:
        await interviews.set_informed(session, row.id, agreed=True, at=NOON)
        await interviews.set_device_report(session, row.id, report)
        await interviews.set_verdict(session, row.id, verdict)
    async with demo.store.read() as session:
        kept = await interviews.load(session, row.id)
    assert kept == replace(row, informed_at=NOON, informed_agreed=True, device_report=report, verdict=verdict)


async def test_parts_of_a_recording_count_from_one_for_each_interview(demo: Demo) -> None:
    """D-22."""
    first, second = demo.interview(0, 0), demo.interview(0, 1)
    for row, expected in ((first, 1), (first, 2), (second, 1), (first, 3)):
        async with demo.store.begin() as session:
            assert await interviews.new_recording_part(session, row.id, "node-1", "stem", at=NOON) == expected
    async with demo.store.read() as session:
        parts = await interviews.recording_parts(session, first.id)
    assert [(part.part, part.node, part.stem, part.started_at) for part in parts] == [
        (number, "node-1", "stem", NOON) for number in (1, 2, 3)
    ]


async def test_parts_taken_at_once_have_different_numbers(demo: Demo, url: str) -> None:
    row = demo.interview(0, 0)

    async def part(store: Store) -> int:
        async with store.begin() as session:
            return await interviews.new_recording_part(session, row.id, "node-1", "stem", at=NOON)

    async with Store(url) as other:
        assert sorted(await asyncio.gather(*(part(store) for store in (demo.store, other) * 3))) == [
            1,
            2,
            3,
            4,
            5,
            6,
        ]
