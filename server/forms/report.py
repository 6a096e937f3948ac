"""The report at 11:00: plan, fact, absent with reasons (C-05; columns of Saratov's приложение № 3 к Положению)."""

from dataclasses import dataclass, field
from datetime import time
from typing import Annotated

import msgspec

from server.exam.people import Name

from .head import Head
from .lists import lines_above
from .table import Column, Table
from .words import clock

Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
UNKNOWN_REASON = "причина выясняется"


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One class: `planned` by the list, `present` have come so far, `absent` are marked «Н» by a person."""

    class_label: str
    planned: Count = 0
    present: Count = 0
    absent: Count = 0

    @property
    def awaited(self) -> int:
        """Whose time has not come yet."""
        return max(0, self.planned - self.present - self.absent)


@dataclass(frozen=True, slots=True)
class Absentee:
    name: Name
    class_label: str
    reason: str = ""

    @property
    def why(self) -> str:
        return self.reason or UNKNOWN_REASON


@dataclass(frozen=True, slots=True)
class DayReport:
    head: Head = field(default_factory=Head)
    at: time = time(11)
    """By the school's clocks."""
    classes: tuple[ClassCount, ...] = ()
    absentees: tuple[Absentee, ...] = ()
    organizer: str = ""

    @property
    def total(self) -> ClassCount:
        return ClassCount(
            "Всего",
            sum(one.planned for one in self.classes),
            sum(one.present for one in self.classes),
            sum(one.absent for one in self.classes),
        )


def report_tables(view: DayReport) -> tuple[Table, ...]:
    """The row of the published form; the same by class; those who are absent."""
    above = (*lines_above(view.head), f"На {clock(view.at)} по местному времени")
    total = view.total
    school = f"ОО {view.head.school_code}" if view.head.school_code else ""
    listed = "; ".join(
        ", ".join(part for part in (str(one.name), school, one.class_label, one.why) if part)
        for one in view.absentees
    )
    return (
        Table(
            title="Отчёт об участниках итогового собеседования по русскому языку",
            name="Отчёт",
            above=above,
            columns=(
                Column("Наименование муниципального района", 24),
                Column("Код ОО", 12),
                Column("Наименование ОО", 30),
                Column("Плановое число участников", 12),
                Column("Фактическое число участников", 13),
                Column("Количество отсутствующих", 13),
                Column("Список отсутствующих (ФИО, ОО, класс, причина)", 50),
            ),
            rows=(
                (
                    view.head.municipality,
                    view.head.school_code,
                    view.head.school,
                    total.planned,
                    total.present,
                    total.absent,
                    listed,
                ),
            ),
            landscape=True,
        ),
        Table(
            title="Участники по классам",
            name="По классам",
            above=above,
            columns=(
                Column("Класс", 14),
                Column("По плану", 14),
                Column("Пришли", 14),
                Column("Отсутствуют", 14),
                Column("Ещё не подошло время", 16),
            ),
            rows=tuple(
                (one.class_label, one.planned, one.present, one.absent, one.awaited)
                for one in (*view.classes, total)
            ),
        ),
        Table(
            title="Отсутствующие",
            name="Отсутствующие",
            above=above,
            columns=(Column("№ п/п", 7), Column("ФИО", 50), Column("Класс", 10), Column("Причина", 40)),
            rows=tuple(
                (number, str(one.name), one.class_label, one.why)
                for number, one in enumerate(view.absentees, 1)
            ),
        ),
    )
