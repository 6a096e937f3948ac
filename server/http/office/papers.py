"""What of a day can be printed: filled in, blank, and the kit with which it goes on without the server."""

from collections.abc import Callable
from typing import Any

from server.forms.catalogue import DOCUMENTS
from server.forms.lists import Attendance, ParticipantList
from server.forms.plans import CallList
from server.forms.report import DayReport

from . import form_views, paper_views
from .paper_views import Paper

BLANK_ROWS = 25

VIEWS: dict[str, Callable[[Paper], Any]] = {
    "is-01": paper_views.participant_list,
    "is-02": form_views.room_sheets,
    "is-03": form_views.protocols,
    "is-04": form_views.drafts,
    "is-08": form_views.early_ends,
    "removal": form_views.removals,
    "is-10": form_views.observer_acts,
    "plan-rooms": paper_views.room_plans,
    "plan-people": paper_views.person_days,
    "plan-calls": paper_views.call_list,
    "slips": paper_views.slips,
    "commissions": paper_views.commissions,
    "attendance": paper_views.attendance,
    "link-cards": paper_views.link_cards,
    "report": paper_views.day_report,
}
"""Documents of the catalogue that a day fills in."""


def _blank(kind: str) -> Callable[[Paper], Any]:
    made = DOCUMENTS[kind].blank
    assert made is not None
    return lambda paper: made(paper.head)


BLANKS: dict[str, Callable[[Paper], Any]] = {
    "is-01": lambda paper: ParticipantList(paper.head, blank_rows=BLANK_ROWS),
    **{kind: _blank(kind) for kind in ("is-02", "is-03", "is-04", "is-08", "removal", "is-10")},
    "plan-calls": lambda paper: CallList(paper.head, blank_rows=BLANK_ROWS),
    "attendance": lambda paper: Attendance(paper.head, blank_rows=BLANK_ROWS),
    "report": lambda paper: DayReport(paper.head),
}
"""The same forms to be filled in by hand."""

BY_ROOM = frozenset({"plan-rooms", "is-02", "is-03", "is-04"})
"""Documents that can be printed of one room."""

KIT = (
    "is-01", "is-02", "is-04", "plan-rooms", "plan-people", "plan-calls", "slips", "commissions", "attendance",
)  # fmt: skip
KIT_BLANKS = ("is-01", "is-02", "is-03", "is-04", "is-08", "removal", "is-10", "attendance", "report")
"""With these on paper the day goes on without the server. Protocols by name take long: they are printed by room."""
