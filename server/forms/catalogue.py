"""Every document that can be printed: its title, the view it is made of, the formats it comes in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from . import acts, cards, lists, plans, report, rooms
from .head import Head
from .table import Table


class Format(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"


CONTENT_TYPES: dict[Format, str] = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _whole(view: Any) -> Iterable[Any]:
    return (view,)


def _each(field: str) -> Callable[[Any], Iterable[Any]]:
    """Views with one of the field's items each, so that every part has its own count of pages."""

    def parts(view: Any) -> Iterable[Any]:
        return (replace(view, **{field: (item,)}) for item in getattr(view, field))

    return parts


@dataclass(frozen=True, slots=True)
class Document:
    """`kind` is for programs. `parts` are printed one after another, each with its own «стр. 1 из …»."""

    kind: str
    title: str
    view: type
    code: str = ""
    """Of the published form, printed in the corner."""
    ours: bool = False
    """No order prints the layout: it is this service's, and the page says so."""
    parts: Callable[[Any], Iterable[Any]] = _whole
    tables: Callable[[Any], tuple[Table, ...]] | None = None
    blank: Callable[[Head], Any] | None = None
    """The view of the empty form for filling in by hand; None: without data it makes no sense."""

    @property
    def formats(self) -> tuple[Format, ...]:
        return (Format.PDF,) if self.tables is None else (Format.PDF, Format.XLSX)

    @property
    def template(self) -> str:
        return f"forms/{self.kind}.html"


def _one(table: Callable[[Any], Table]) -> Callable[[Any], tuple[Table, ...]]:
    return lambda view: (table(view),)


_ALL = (
    Document(
        "is-01",
        "Список участников",
        lists.ParticipantList,
        code="ИС-01",
        tables=_one(lists.participant_table),
        blank=lambda head: lists.ParticipantList(head, blank_rows=20),
    ),
    Document(
        "is-02",
        "Ведомость учёта в аудитории",
        rooms.RoomSheets,
        code="ИС-02",
        parts=_each("rooms"),
        blank=lambda head: rooms.RoomSheets(head),
    ),
    Document(
        "is-03",
        "Протокол эксперта",
        rooms.Protocols,
        code="ИС-03",
        parts=_each("people"),
        blank=lambda head: rooms.Protocols(head),
    ),
    Document(
        "is-04",
        "Черновик эксперта",
        rooms.Drafts,
        code="ИС-04",
        parts=_each("rooms"),
        blank=lambda head: rooms.Drafts(head),
    ),
    Document(
        "is-08",
        "Акт о досрочном завершении",
        acts.EarlyEnds,
        code="ИС-08",
        parts=_each("acts"),
        blank=lambda head: acts.EarlyEnds(head),
    ),
    Document(
        "removal",
        "Акт об удалении участника",
        acts.Removals,
        ours=True,
        parts=_each("acts"),
        blank=lambda head: acts.Removals(head),
    ),
    Document(
        "is-10",
        "Акт общественного наблюдения",
        acts.ObserverActs,
        code="ИС-10",
        parts=_each("acts"),
        blank=lambda head: acts.ObserverActs(head),
    ),
    Document(
        "plan-rooms",
        "План по аудиториям",
        plans.RoomPlans,
        ours=True,
        parts=_each("rooms"),
        tables=plans.plan_tables,
    ),
    Document(
        "plan-people", "План дня для каждого из комиссий", plans.PersonDays, ours=True, parts=_each("people")
    ),
    Document(
        "plan-calls",
        "Приглашение участников по времени",
        plans.CallList,
        ours=True,
        tables=_one(plans.call_table),
    ),
    Document("slips", "Памятки участникам о времени", plans.Slips, ours=True),
    Document(
        "commissions", "Состав комиссий", lists.Commissions, ours=True, tables=_one(lists.commission_table)
    ),
    Document(
        "attendance",
        "Явка комиссий",
        lists.Attendance,
        ours=True,
        blank=lambda head: lists.Attendance(head, blank_rows=20),
    ),
    Document("link-cards", "Карточки участников со ссылками", cards.LinkCards, ours=True),
    Document("staff-cards", "Карточки сотрудников с одноразовыми кодами", cards.StaffCards, ours=True),
    Document("report", "Отчёт в 11:00", report.DayReport, tables=report.report_tables),
)

DOCUMENTS: dict[str, Document] = {document.kind: document for document in _ALL}
