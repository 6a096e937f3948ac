"""Sheets, protocols, drafts and acts: to fill by hand, prefilled the day before, wholly blank when the server dies."""

import re
from dataclasses import replace
from datetime import date, time

import pytest

from server.forms.acts import ActPerson, EarlyEnds, ObserverActs, Removals
from server.forms.catalogue import DOCUMENTS, Format
from server.forms.head import Head
from server.forms.making import make
from server.forms.rooms import (
    Criterion,
    DraftRow,
    Drafts,
    Grid,
    Group,
    Half,
    ProtocolHead,
    Protocols,
    RoomDraft,
    RoomSheet,
    RoomSheets,
    SheetRow,
)
from tests.forms.conftest import ANNA, GRID, HEAD, LONG, NAMES, OGLY
from tests.forms.reading import letters, pages

BLANKS = sorted(kind for kind, document in DOCUMENTS.items() if document.blank)


def pdf(kind: str, view: object) -> list[str]:
    return pages(make(DOCUMENTS[kind], Format.PDF, view))


@pytest.mark.parametrize("kind", BLANKS)
def test_a_wholly_blank_form_has_its_code_and_nobody_in_it(kind: str) -> None:
    document = DOCUMENTS[kind]
    assert document.blank is not None
    texts = pdf(kind, document.blank(Head()))
    assert len(texts) == (2 if kind == "is-10" else 1)
    assert document.code in texts[0]
    assert "Петрова" not in "".join(texts)


def test_the_forms_for_a_dead_server_are_all_there() -> None:
    assert {"is-01", "is-02", "is-03", "is-04", "is-08", "is-10", "removal", "attendance"} == set(BLANKS)


def test_a_prefilled_sheet_leaves_times_and_signature_empty_and_keeps_leading_zeros() -> None:
    rows = (SheetRow(LONG, "0003", "004512", "9А"), SheetRow(ANNA, "", "", "9Б"))
    [text] = pdf("is-02", RoomSheets(HEAD, (RoomSheet("17", str(OGLY), rows, 8),)))
    words = text.split()
    assert {"0003", "004512", "9А", "9Б"} <= set(words)
    assert letters(str(LONG)) in letters(text)
    assert not re.search(r"[0-9]:[0-9]", text)
    assert [str(number) in words for number in (10, 11)] == [True, False]


def test_the_times_of_a_sheet_are_printed_when_they_are_known() -> None:
    row = SheetRow(ANNA, begun=time(9, 2), ended=time(9, 17))
    [text] = pdf("is-02", RoomSheets(HEAD, (RoomSheet("1", rows=(row,), blank_rows=0),)))
    assert "09:02 09:17" in " ".join(text.split())


def test_the_mark_of_a_removed_participant_is_there_only_where_the_region_has_it() -> None:
    for with_removed in (False, True):
        assert ("Удалён" in pdf("is-02", RoomSheets(HEAD, with_removed=with_removed))[0]) is with_removed
        assert ("Удалён" in pdf("is-03", Protocols(HEAD, with_removed=with_removed))[0]) is with_removed


def test_each_room_has_a_sheet_of_its_own() -> None:
    rooms = tuple(RoomSheet(str(number), rows=(SheetRow(name),)) for number, name in enumerate(NAMES))
    texts = pdf("is-02", RoomSheets(HEAD, rooms))
    assert len(texts) == len(NAMES)
    for number, (name, text) in enumerate(zip(NAMES, texts, strict=True)):
        others = [other for other in NAMES if other is not name and letters(str(other)) in letters(text)]
        assert others == []
        assert letters(str(name)) in letters(text)
        assert "стр. 1 из 1" in text, number


def test_each_protocol_is_one_page_with_the_grid_of_its_edition() -> None:
    people = tuple(ProtocolHead(name, "9А", "3", "0042", str(LONG)) for name in NAMES)
    texts = pdf("is-03", Protocols(HEAD, people, GRID, with_removed=True))
    assert len(texts) == len(NAMES)
    for name, text in zip(NAMES, texts, strict=True):
        assert letters(str(name)) in letters(text)
        flat = " ".join(text.split())
        assert "Название критерия П1 П2 П3 П4 Итого Максимальный балл 2 1 1 1 5" in flat
        assert "Максимальный балл 11 9 20" in flat


def test_another_edition_gives_other_maxima() -> None:
    [task1, task2, speech] = GRID.halves[0].groups
    tyva = replace(task2, criteria=(Criterion("П1", 1), *task2.criteria[1:]))
    grid = Grid("Тыва", (replace(GRID.halves[0], groups=(task1, tyva, speech)), GRID.halves[1]))
    [text] = pdf("is-03", Protocols(HEAD, grid=grid))
    assert "Максимальный балл 10 9 19" in " ".join(text.split())


def test_without_an_edition_no_criteria_are_invented() -> None:
    for kind, view in (("is-03", Protocols(HEAD)), ("is-04", Drafts(HEAD))):
        [text] = pdf(kind, view)
        assert "не загружены" in " ".join(text.split())
        assert not [label for label in ("ИЧ", "П1", "М1", "Д1") if label in text.split()]


def test_a_draft_has_a_column_for_every_criterion_and_seven_digits_of_the_kim() -> None:
    rows = tuple(DraftRow(name, "0012345") for name in NAMES)
    [text] = pdf("is-04", Drafts(HEAD, (RoomDraft("3", str(LONG), rows),), GRID))
    labels = [one.label for group in GRID.groups for one in group.criteria]
    assert " ".join(labels) in " ".join(text.split())
    assert text.split().count("0012345") == len(NAMES)
    assert all(letters(name.short) in letters(text) for name in NAMES)


def test_a_grid_adds_up() -> None:
    group = Group("Задание", (Criterion("А", 2), Criterion("Б", 1)))
    grid = Grid("издание", (Half("1", (group, group)), Half("2", (group,))))
    assert (group.maximum, [half.maximum for half in grid.halves], grid.maximum) == (3, [6, 3], 9)


def test_an_act_of_early_end_has_the_person_the_time_and_the_reason() -> None:
    act = ActPerson(
        LONG, date(2010, 5, 4), "0315", "004512", "9А", "17", at=time(10, 14), reason="ухудшение самочувствия"
    )
    [text] = pdf("is-08", EarlyEnds(HEAD, (act,)))
    flat = letters(text)
    for wanted in (
        LONG.last,
        LONG.first,
        LONG.patronymic,
        "ухудшение самочувствия",
        "04052010",
        "0315",
        "004512",
    ):
        assert letters(wanted) in flat, wanted
    assert "1014" in letters(text.replace(":", ""))


@pytest.mark.parametrize("kind, view", [("is-08", EarlyEnds), ("removal", Removals)])
def test_each_act_is_one_page(kind: str, view: type[EarlyEnds] | type[Removals]) -> None:
    acts = tuple(ActPerson(name, school_head=str(LONG), organizer=str(LONG)) for name in NAMES)
    texts = pdf(kind, view(HEAD, acts))
    assert len(texts) == len(NAMES)
    assert all(letters(name.last) in letters(text) for name, text in zip(NAMES, texts, strict=True))


def test_the_observers_act_has_the_published_checklist() -> None:
    text = " ".join(" ".join(pdf("is-10", ObserverActs(HEAD))).split())
    assert [number for number in range(1, 8) if f"{number}. " not in text] == []
    for words in ("без проверки документов", "ранее 9.00", "средств видеонаблюдения", "без сопровождения"):
        assert words.replace("средств ", "") in text
    assert text.count("не выявлено") == 3
