"""What lies in a room: ИС-02, ИС-03 and ИС-04 with the names of those planned there, the rest to fill by hand."""

from server.exam.people import CommissionRole
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
from server.store.records import Room
from server.store.sittings import SittingRow

from .paper_views import Paper

SPARE_ROWS = 2
"""For those who come to a room in place of others."""


def room_sheets(paper: Paper) -> RoomSheets:
    """ИС-02: names and documents; times, marks and signatures come by hand."""
    return RoomSheets(
        paper.head,
        tuple(
            RoomSheet(
                room.number,
                paper.names(CommissionRole.EXAMINER, room.id),
                tuple(_sheet_row(paper, participant) for participant in _people(paper, room)),
                SPARE_ROWS,
            )
            for room in _rooms(paper)
        ),
        with_removed=_with_removed(paper),
    )


def protocols(paper: Paper) -> Protocols:
    """ИС-03 for each participant; the room's expert is named where he scores on the spot (D-21).

    Without an edition of criteria there is no grid.
    """
    book = paper.book
    return Protocols(
        paper.head,
        tuple(
            ProtocolHead(
                one.person.participant.name,
                one.person.participant.class_label,
                book.day.room(row.room_id).number,
                expert=paper.names(CommissionRole.EXPERT, row.room_id) if _live(paper, one) else "",
            )
            for one, row, _ in paper.planned()
        ),
        with_removed=_with_removed(paper),
    )


def room_drafts(paper: Paper) -> Drafts:
    """ИС-04, one for each room, with those whom its expert hears there (D-21)."""
    return Drafts(
        paper.head,
        tuple(
            RoomDraft(
                room.number,
                paper.names(CommissionRole.EXPERT, room.id),
                tuple(
                    DraftRow(one.person.participant.name)
                    for one, _, _ in paper.planned(room.id)
                    if _live(paper, one)
                ),
                SPARE_ROWS,
            )
            for room in _rooms(paper)
        ),
    )


def _rooms(paper: Paper) -> list[Room]:
    return [room for room in paper.book.day.rooms if paper.planned(room.id)]


def _live(paper: Paper, sitting: SittingRow) -> bool:
    return paper.book.scheme(sitting.person.id) == 1


def _people(paper: Paper, room: Room) -> list[int]:
    return [one.person.id for one, _, _ in paper.planned(room.id)]


def _sheet_row(paper: Paper, participant_id: int) -> SheetRow:
    sitting = paper.book.sitting(participant_id)
    assert sitting is not None
    one = sitting.person.participant
    series, number = ("", "") if one.document is None else (one.document.series, one.document.number)
    return SheetRow(one.name, series, number, one.class_label)


def _with_removed(paper: Paper) -> bool:
    """The region has an act of removal, and so its mark in the forms (D-23)."""
    profile = paper.book.profile
    return profile is not None and any("удален" in form.title.casefold() for form in profile.forms)
