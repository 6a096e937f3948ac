"""Long lists: the head on every page, no torn row, the right count of pages."""

from datetime import time

import pypdfium2

from server.exam.people import Name
from server.forms import plans, report
from server.forms.catalogue import DOCUMENTS, Format
from server.forms.lists import ListedParticipant, ParticipantList
from server.forms.making import make
from tests.forms.conftest import ANNA, HEAD, LONG
from tests.forms.reading import letters, pages


def pdf(kind: str, view: object) -> list[str]:
    return pages(make(DOCUMENTS[kind], Format.PDF, view))


def test_each_page_of_a_long_list_has_its_head_and_no_row_is_torn() -> None:
    rows = tuple(ListedParticipant(LONG, "9А", "1") for _ in range(80))
    texts = pdf("is-01", ParticipantList(HEAD, rows))
    assert len(texts) > 2
    assert all("ФИО участника" in text for text in texts)
    assert sum(letters(text).count(letters(str(LONG))) for text in texts) == 80
    assert [f"стр. {number} из {len(texts)}" in text for number, text in enumerate(texts, 1)] == [True] * len(
        texts
    )


def test_an_absent_participant_has_the_letter_beside_the_room() -> None:
    here, absent = ListedParticipant(LONG, "9А", "17"), ListedParticipant(ANNA, "9А", "18", absent=True)
    [text] = pdf("is-01", ParticipantList(HEAD, (here, absent)))
    assert "18 Н" in text
    assert "17 Н" not in text


def test_empty_rows_go_on_with_the_numbers() -> None:
    [text] = pdf("is-01", ParticipantList(HEAD, (ListedParticipant(ANNA),), blank_rows=20))
    assert [str(number) in text.split() for number in (1, 20, 21, 22)] == [True, True, True, False]


def test_each_room_counts_its_own_pages() -> None:
    slots = tuple(plans.Slot(time(9), time(9, 16), ANNA) for _ in range(60))
    rooms = (plans.RoomPlan("1", slots=slots), plans.RoomPlan("2", slots=slots[:1]))
    texts = pdf("plan-rooms", plans.RoomPlans(HEAD, rooms))
    assert "Аудитория 2" in texts[-1]
    assert "стр. 1 из 1" in texts[-1]
    assert f"стр. 1 из {len(texts) - 1}" in texts[0]


def test_a_break_has_its_time_and_no_number() -> None:
    slots = (
        plans.Slot(time(9), time(9, 16), ANNA),
        plans.Slot(time(9, 16), time(9, 30), pause="проветривание"),
        plans.Slot(time(9, 30), time(10, 16), LONG, more_time=True, minutes=46),
    )
    [text] = pdf("plan-rooms", plans.RoomPlans(HEAD, (plans.RoomPlan("1", slots=slots),)))
    assert "09:16–09:30 проветривание" in " ".join(text.split())
    assert "2 участника" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.count("ОВЗ +30") == 1


def test_calls_come_by_time_whatever_their_order() -> None:
    calls = tuple(plans.Call(time(hour), "1", Name(f"Фамилия{hour}", "А")) for hour in (12, 9, 10))
    [text] = pdf("plan-calls", plans.CallList(HEAD, calls))
    assert sorted((9, 10, 12), key=lambda hour: text.index(f"Фамилия{hour}")) == [9, 10, 12]


def test_the_report_adds_up_and_gives_a_reason_for_everybody() -> None:
    classes = (report.ClassCount("9А", 30, 20, 3), report.ClassCount("9Б", 20, 19, 1))
    absentees = (report.Absentee(LONG, "9А", "болезнь"), report.Absentee(ANNA, "9А"))
    view = report.DayReport(HEAD, classes=classes, absentees=absentees)
    assert (view.total.planned, view.total.present, view.total.absent, view.total.awaited) == (50, 39, 4, 7)
    [text] = pdf("report", view)
    assert "Всего 50 39 4 7" in " ".join(text.split())
    assert "болезнь" in text
    assert report.UNKNOWN_REASON in " ".join(text.split())


def test_many_absentees_get_a_list_of_their_own_below() -> None:
    absentees = tuple(report.Absentee(Name(f"Фамилия{n}", "Имя"), "9А", "карантин") for n in range(40))
    texts = pdf("report", report.DayReport(HEAD, absentees=absentees))
    text = " ".join(texts)
    assert [text.count(f"Фамилия{n} ") for n in range(40)] == [1] * 40
    assert "40 чел." in text


def test_markup_in_a_name_is_text_on_paper() -> None:
    [text] = pdf("is-01", ParticipantList(HEAD, (ListedParticipant(Name("<b>Ёж", "{{7*7}}", "&amp;")),)))
    assert "<b>Ёж {{7*7}} &amp;" in text


def test_the_document_names_itself_and_nobody() -> None:
    made = make(DOCUMENTS["is-01"], Format.PDF, ParticipantList(HEAD, (ListedParticipant(ANNA),)))
    metadata = pypdfium2.PdfDocument(made).get_metadata_dict()
    assert metadata["Title"] == "Список участников"
    assert "Петрова" not in str(metadata)
