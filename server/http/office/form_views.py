"""The forms that lie in a room on the day, filled in with what is known: ИС-02, ИС-03, ИС-04, and the acts.

Criteria are nowhere invented: without an edition the forms say that the points' table comes from ФИПИ.
"""

from server.exam.interview import InterviewState
from server.exam.people import CommissionRole, Name
from server.forms.acts import ActPerson, EarlyEnds, ObserverAct, ObserverActs, Removals
from server.forms.rooms import (
    DraftRow,
    Drafts,
    ProtocolHead,
    Protocols,
    RoomDraft,
    RoomSheet,
    RoomSheets,
    SheetRow,
)
from server.store.plan_inputs import Book
from server.store.records import InterviewRow, Room
from server.store.sittings import SittingRow

from .paper_views import Paper

SPARE_ROWS = 2
"""Empty rows below those of a room: for whoever comes from a lost one."""
CODES = {"is-04": "ИС-04", "is-10": "ИС-10", "removal": "АУ"}
"""Forms that not every region has, by their code in the profile."""


def has_form(book: Book, kind: str) -> bool:
    """Whether the region has the form; without a profile, all of them."""
    code = CODES.get(kind)
    return code is None or book.profile is None or any(one.code == code for one in book.profile.forms)


def room_sheets(paper: Paper) -> RoomSheets:
    """ИС-02 of every room; start and end where they are known already (D-14, D-16, D-26)."""
    book = paper.book
    sheets = [
        RoomSheet(
            room.number,
            _names(book, CommissionRole.EXAMINER, room.id),
            tuple(_sheet_row(paper, one, row) for one, row, _ in paper.planned(room.id)),
            SPARE_ROWS,
        )
        for room in _used(paper)
    ]
    return RoomSheets(paper.head, tuple(sheets), with_removed=has_form(book, "removal"))


def _sheet_row(paper: Paper, sitting: SittingRow, row: InterviewRow) -> SheetRow:
    person, interview = sitting.person.participant, row.interview
    series, number = ("", "") if person.document is None else (person.document.series, person.document.number)
    return SheetRow(
        person.name,
        series,
        number,
        person.class_label,
        None if interview.begun_at is None else paper.local(interview.begun_at),
        None if interview.ended_at is None else paper.local(interview.ended_at),
        removed=interview.state is InterviewState.REMOVED,
    )


def protocols(paper: Paper) -> Protocols:
    """ИС-03 for each participant; the expert of the room is named where he scores on the spot (D-21)."""
    book, people = paper.book, []
    for one, row, _ in paper.planned():
        person = one.person.participant
        live = book.scheme(one.person.id) == 1
        expert = _names(book, CommissionRole.EXPERT, row.room_id) if live else ""
        people.append(
            ProtocolHead(person.name, person.class_label, book.day.room(row.room_id).number, expert=expert)
        )
    return Protocols(paper.head, tuple(people), with_removed=has_form(book, "removal"))


def drafts(paper: Paper) -> Drafts:
    """ИС-04 of every room, with those whom its expert hears there (D-21)."""
    book = paper.book
    return Drafts(
        paper.head,
        tuple(
            RoomDraft(
                room.number,
                _names(book, CommissionRole.EXPERT, room.id),
                tuple(
                    DraftRow(one.person.participant.name)
                    for one, _, _ in paper.planned(room.id)
                    if book.scheme(one.person.id) == 1
                ),
                SPARE_ROWS,
            )
            for room in _used(paper)
        ),
    )


def early_ends(paper: Paper) -> EarlyEnds:
    """ИС-08 with the school's people; the participant is written in when it happens (D-24)."""
    return EarlyEnds(paper.head, (_act(paper),))


def removals(paper: Paper) -> Removals:
    """The same for a removal (D-23)."""
    return Removals(paper.head, (_act(paper),))


def observer_acts(paper: Paper) -> ObserverActs:
    """ИС-10 for each observer of the day; one without a name where none is known."""
    names: list[Name | None] = [
        one.person.person.name for one in paper.book.in_role(CommissionRole.OBSERVER)
    ] or [None]
    organizer = _first(paper.book, CommissionRole.ORGANIZER)
    acts = tuple(ObserverAct(name, organizer=organizer) for name in names)
    return ObserverActs(paper.head, acts, str(len(_used(paper)) or ""))


def _act(paper: Paper) -> ActPerson:
    return ActPerson(
        organizer=_first(paper.book, CommissionRole.ORGANIZER),
        school_head=_first(paper.book, CommissionRole.HEAD),
    )


def _used(paper: Paper) -> list[Room]:
    return [room for room in paper.book.day.rooms if paper.planned(room.id)]


def _names(book: Book, role: CommissionRole, room_id: int) -> str:
    return ", ".join(str(one.person.person.name) for one in book.in_role(role, room_id))


def _first(book: Book, role: CommissionRole) -> str:
    return next((str(one.person.person.name) for one in book.in_role(role)), "")
