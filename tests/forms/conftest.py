"""Views as a school would give them, with the names that break careless layouts."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from server.exam.people import CommissionRole, Name
from server.forms import acts, cards, lists, plans, report, rooms
from server.forms.head import Head

LONG = Name("Константинопольская-Переяславцева", "Александра-Виктория", "Владиславовна")
OGLY = Name("Гусейнов", "Магомед-Эмин", "Рашид оглы")
TUVAN = Name("Ооржак", "Айдыс-Өлчей")
SCRIPT = Name("<script>alert(1)</script>", "=1+1", "& Co")
ANNA = Name("Петрова", "Анна", "Сергеевна")
NAMES = (LONG, OGLY, TUVAN, SCRIPT, ANNA)
LINK = "https://exam.school7.example/j/aB3_x-9ZaB3_x-9ZaB3_x-9ZaB3_x-9ZQq"

HEAD = Head(
    region="Ханты-Мансийский автономный округ — Югра",
    municipality_code="064",
    municipality="Энгельсский муниципальный район",
    school_code="041207",
    school="МБОУ «Средняя общеобразовательная школа № 7 имени Героя Советского Союза А. П. Маресьева»",
    day=date(2026, 2, 11),
    phone="+7 (8453) 55-12-34",
)


def criteria(labels: str, doubled: str = "") -> tuple[rooms.Criterion, ...]:
    return tuple(rooms.Criterion(label, 2 if label == doubled else 1) for label in labels.split())


GRID = rooms.Grid(
    "Саратовская область, 2020 год",
    (
        rooms.Half(
            "задания 1 и 2",
            (
                rooms.Group("Задание 1. Чтение текста вслух", criteria("ИЧ ТЧ")),
                rooms.Group("Задание 2. Пересказ", criteria("П1 П2 П3 П4", "П1")),
                rooms.Group("Задания 1 и 2. Правильность речи", criteria("Г О Р Иск.")),
            ),
        ),
        rooms.Half(
            "задания 3 и 4",
            (
                rooms.Group("Задание 3. Монолог", criteria("М1 М2 М3")),
                rooms.Group("Задание 4. Диалог", criteria("Д1 Д2")),
                rooms.Group("Задания 3 и 4. Правильность речи", criteria("Г О Р РО")),
            ),
        ),
    ),
)


@pytest.fixture(scope="session")
def views() -> dict[str, object]:
    """A filled view for each kind of the catalogue."""
    members = tuple(
        lists.CommissionMember(role, NAMES[number % 5], "учитель русского языка", "", "12")
        for number, role in enumerate(CommissionRole)
    )
    slots = tuple(
        plans.Slot(
            time(9 + number // 3, number % 3 * 20),
            time(9 + number // 3, number % 3 * 20 + 16),
            None if number == 4 else NAMES[number % 5],
            "9Б",
            16,
            more_time=number == 2,
            pause="перерыв собеседника и эксперта" if number == 4 else "",
        )
        for number in range(9)
    )
    return {
        "is-01": lists.ParticipantList(
            HEAD, tuple(lists.ListedParticipant(name, "9А", "3", absent=name is ANNA) for name in NAMES), 2
        ),
        "is-02": rooms.RoomSheets(
            HEAD,
            (
                rooms.RoomSheet(
                    "3", str(ANNA), tuple(rooms.SheetRow(n, "0315", "004512", "9А") for n in NAMES)
                ),
            ),
        ),
        "is-03": rooms.Protocols(
            HEAD, tuple(rooms.ProtocolHead(name, "9А", "3", "12", str(LONG)) for name in NAMES), GRID, True
        ),
        "is-04": rooms.Drafts(
            HEAD, (rooms.RoomDraft("3", str(LONG), (rooms.DraftRow(ANNA, "0123456"),)),), GRID
        ),
        "is-08": acts.EarlyEnds(
            HEAD, tuple(acts.ActPerson(n, date(2010, 5, 4), "0315", "004512", "9А", "3") for n in NAMES)
        ),
        "removal": acts.Removals(HEAD, tuple(acts.ActPerson(n, organizer=str(ANNA)) for n in NAMES)),
        "is-10": acts.ObserverActs(HEAD, (acts.ObserverAct(LONG, "1234567"),), "4"),
        "plan-rooms": plans.RoomPlans(
            HEAD,
            (
                plans.RoomPlan("3", str(ANNA), str(LONG), (), slots),
                plans.RoomPlan("4", str(OGLY), "", (), slots),
            ),
        ),
        "plan-people": plans.PersonDays(
            HEAD,
            tuple(
                plans.PersonDay(
                    name,
                    "эксперт",
                    (plans.Duty(time(9), time(9, 16), "Собеседование", "3"),),
                    ("Без телефона.",),
                )
                for name in NAMES
            ),
        ),
        "plan-calls": plans.CallList(
            HEAD,
            tuple(
                plans.Call(time(10 - n), "3", name, "9А", phone="+7 900 123-45-67")
                for n, name in enumerate(NAMES)
            ),
        ),
        "slips": plans.Slips(
            HEAD, tuple(plans.Slip(name, "9А", time(9, 10), time(9, 20), 16, "3") for name in NAMES)
        ),
        "commissions": lists.Commissions(
            HEAD, (lists.CommissionPart("Комиссия по проведению", members, "приказ № 14"),)
        ),
        "attendance": lists.Attendance(HEAD, members, 3),
        "link-cards": cards.LinkCards(
            HEAD,
            tuple(
                cards.LinkCard(name, f"{LINK}{n}", time(9, 10), "9А", str(n)) for n, name in enumerate(NAMES)
            ),
        ),
        "staff-cards": cards.StaffCards(
            HEAD,
            tuple(
                cards.StaffCard(
                    name,
                    f"login.{n}",
                    "https://exam.school7.example",
                    "эксперт",
                    f"K7QM-22XP-{n}",
                    datetime(2026, 2, 10, 18, tzinfo=ZoneInfo("Europe/Saratov")),
                    tuple(f"{code}{n}F7-9KQ{code}" for code in range(10)),
                )
                for n, name in enumerate(NAMES)
            ),
        ),
        "report": report.DayReport(
            HEAD,
            time(11),
            (report.ClassCount("9А", 25, 20, 2), report.ClassCount("9Б", 24, 22, 1)),
            (
                report.Absentee(LONG, "9А", "болезнь (справка)"),
                report.Absentee(OGLY, "9А"),
                report.Absentee(ANNA, "9Б", "=HYPERLINK()"),
            ),
            "Петрова А. С.",
        ),
    }
