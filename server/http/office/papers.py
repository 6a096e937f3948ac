"""Which documents a day fills in, which are printed blank, and what lies in the kit for a day without a server."""

from collections.abc import Callable
from typing import Any

from server.forms.catalogue import DOCUMENTS
from server.forms.plans import CallList
from server.forms.report import DayReport

from .paper_views import (
    Paper,
    attendance,
    call_list,
    commissions,
    day_report,
    link_cards,
    participant_list,
    person_days,
    room_plans,
    slips,
)
from .room_views import protocols, room_drafts, room_sheets

BLANK_ROWS = 25

VIEWS: dict[str, Callable[[Paper], Any]] = {
    "is-01": participant_list,
    "is-02": room_sheets,
    "is-03": protocols,
    "is-04": room_drafts,
    "plan-rooms": room_plans,
    "plan-people": person_days,
    "plan-calls": call_list,
    "slips": slips,
    "commissions": commissions,
    "attendance": attendance,
    "link-cards": link_cards,
    "report": day_report,
}
"""Documents of the catalogue that a day fills in."""

BLANKS: dict[str, Callable[[Paper], Any]] = {
    kind: lambda paper, blank=document.blank: blank(paper.head)
    for kind, document in DOCUMENTS.items()
    if document.blank is not None
} | {
    "plan-calls": lambda paper: CallList(paper.head, blank_rows=BLANK_ROWS),
    "report": lambda paper: DayReport(paper.head),
}
"""Forms to be filled in by hand, with the head of the school."""

KIT = (
    "is-01",
    "is-02",
    "is-03",
    "is-04",
    "plan-rooms",
    "plan-people",
    "plan-calls",
    "slips",
    "commissions",
    "attendance",
)
KIT_BLANKS = ("is-01", "is-08", "removal", "is-10", "attendance", "report")
"""With these on paper the day goes on without the server."""
