"""The dry run: who is meant by a row, what changes, and that importing twice is importing once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Form, Ground
from server.exchange.comparing import DryRun, Fate, compare
from server.exchange.matching import Known
from server.exchange.merging import with_parents
from server.exchange.reading import read
from server.exchange.sheet import ParsedRow
from server.exchange.writing import to_csv
from server.exchange.writing_xml import to_xml
from tests.exchange.people import IVANOVA, PARTICIPANTS, SEMENOV, renamed


def table(*lines: str) -> tuple[ParsedRow, ...]:
    return read("\n".join(lines).encode()).rows


def fates(result: DryRun) -> list[Fate]:
    return [row.fate for row in result.rows]


def imported(known: Sequence[Known], result: DryRun) -> list[Known]:
    """What the school knows after the import."""
    after = {one.id: one for one in known}
    for row in result.rows:
        if row.participant is not None:
            place = max([0, *after]) + 1 if row.known_id is None else row.known_id
            after[place] = Known(place, row.participant)
    return list(after.values())


def changed(result: DryRun) -> list[str]:
    return [str(change) for row in result.rows for change in row.changes]


def said(result: DryRun) -> str:
    return "; ".join(problem.text for row in result.rows for problem in row.problems)


MOTHER = "Семёнова Анна Петровна, мать"
SCHOOL = [Known(1, SEMENOV), Known(2, IVANOVA)]


def test_a_row_names_every_field_it_changes_old_and_new() -> None:
    rows = table(
        "ФИО;Класс;Дата рождения;Форма;Телефон матери",
        "Семенов Петр Ильич;9б;01.02.2010;очная;8 911 000-00-00",
    )
    result = compare(rows, SCHOOL)
    assert fates(result) == [Fate.CHANGE]
    assert changed(result) == [
        "Класс: 9А → 9Б",
        "Форма: дистанционная → очная",
        f"Родители и представители: {MOTHER}, 8 900 123-45-67, a@example.ru → {MOTHER}, 8 911 000-00-00, a@example.ru",
    ]
    assert [one.id for one in result.absent] == [2]
    assert result.importable


def test_a_blank_cell_and_an_absent_column_erase_nothing() -> None:
    rows = table(
        "Фамилия;Имя;Класс;Номер участника;Примечание;Отчество;Категория ОВЗ", "Семёнов;Пётр;9А;7;;;"
    )
    result = compare(rows, SCHOOL)
    assert fates(result) == [Fate.SAME]
    assert result.rows[0].participant == SEMENOV


def test_the_form_that_a_file_does_not_mention_stays() -> None:
    in_person = replace(IVANOVA, form=Form.IN_PERSON)
    result = compare(table("ФИО;Класс", "Иванова Мария;9Б"), [Known(2, in_person)])
    assert fates(result) == [Fate.SAME]


def test_an_empty_element_of_xml_erases_and_an_absent_one_does_not() -> None:
    head = '<participants xmlns="urn:oral-exam-conference:participants" version="1"><participant>'
    person = "<last-name>Семёнов</last-name><first-name>Пётр</first-name><class>9А</class><number>7</number>"
    tail = "</participant></participants>"
    absent = compare(read(f"{head}{person}{tail}".encode()).rows, SCHOOL)
    assert fates(absent) == [Fate.SAME]
    empty = compare(read(f"{head}{person}<note/><document/><representatives/>{tail}".encode()).rows, SCHOOL)
    assert fates(empty) == [Fate.CHANGE]
    assert empty.rows[0].participant == replace(SEMENOV, note="", document=None, representatives=())


@pytest.mark.parametrize(
    "line",
    [
        "7;Семенова;Пётр;;9А;;;",  # the number decides, a typing error in the name is a change
        ";СЕМЕНОВ;Петр;Ильич;9А;;0408;012345",  # the document
        ";семёнов;  пётр ;;9Я;01.02.2010;;",  # name and birth date, in another class
        ";Семенов;Петр;Ильич;9 «а»;;;",  # name and class
        ";Семенов;Петр;Ильич;9A;;II-ЖТ;512345",  # … with a new document; the class with a Latin letter
    ],
)
def test_the_same_person_is_recognized(line: str) -> None:
    rows = table("Номер участника;Фамилия;Имя;Отчество;Класс;Дата рождения;Серия;Номер документа", line)
    result = compare(rows, SCHOOL)
    assert [row.known_id for row in result.rows] == [1], said(result)


@pytest.mark.parametrize(
    "line",
    [
        ";Семёнов;Пётр;Ильич;9Б;;",  # another class, and nothing else that tells
        ";Семёнов;Пётр;Ильич;9А;02.02.2010;",  # another birth date
        ";Семёнов;Пётр;Петрович;9А;01.02.2010;",  # another patronymic
        "8;Семёнов;Пётр;Ильич;9А;01.02.2010;",  # another number
        ";Сёменова;Пётр;Ильич;9А;01.02.2010;",
    ],
)
def test_somebody_else_is_new_and_namesakes_are_pointed_out(line: str) -> None:
    rows = table("Номер участника;Фамилия;Имя;Отчество;Класс;Дата рождения;Серия", line)
    result = compare(rows, SCHOOL)
    assert fates(result) == [Fate.ADD]
    assert result.importable


def test_a_namesake_without_a_birth_date_is_added_with_a_remark() -> None:
    result = compare(table("ФИО;Класс", "Семёнов Пётр Ильич;9Б"), SCHOOL)
    assert fates(result) == [Fate.ADD]
    assert "в школе уже есть: Семёнов Пётр Ильич, 9А, 01.02.2010" in said(result)


def test_an_ambiguous_row_names_the_candidates_and_stops_the_import() -> None:
    twin = replace(SEMENOV, number="9", document=None, birth_date=date(2010, 3, 3))
    result = compare(table("ФИО;Класс", "Семенов Петр;9А", "Иванова Мария;9Б"), [*SCHOOL, Known(3, twin)])
    assert fates(result) == [Fate.ERROR, Fate.SAME]
    assert "01.02.2010" in said(result)
    assert "03.03.2010" in said(result)
    assert not result.importable


def test_a_number_or_document_of_somebody_else_is_an_error() -> None:
    head = "Номер участника;ФИО;Класс;Паспорт"
    number = compare(table(head, "7;Иванова Мария;9Б;"), SCHOOL)
    assert fates(number) == [Fate.ERROR]
    assert "тот же номер" in said(number)
    document = compare(table(head, "8;Семёнов Пётр;9А;0408 012345"), SCHOOL)
    assert fates(document) == [Fate.ERROR]
    assert "тот же документ" in said(document)


def test_the_same_row_twice_counts_once_and_names_both_rows() -> None:
    result = compare(table("ФИО;Класс", "Новиков Олег;9А", "новиков  олег;9-а"), SCHOOL)
    assert fates(result) == [Fate.ADD, Fate.DUPLICATE]
    assert result.rows[1].number == 3
    assert "строке 2" in said(result)
    assert result.importable


def test_two_rows_of_one_person_that_differ_are_an_error_that_names_both() -> None:
    result = compare(table("ФИО;Класс;Дата рождения", "Новиков Олег;9А;", "Новиков Олег;9А;01.02.2010"), [])
    assert fates(result) == [Fate.ADD, Fate.ERROR]
    assert "строке 2" in said(result)
    assert "«Дата рождения»" in said(result)
    assert not result.importable


def test_namesakes_with_their_own_numbers_or_birth_dates_are_two_people() -> None:
    rows = table(
        "Номер участника;ФИО;Класс;Дата рождения",
        "1;Новиков Олег;9А;01.02.2010",
        "2;Новиков Олег;9А;01.02.2010",
        ";Новиков Олег;9А;05.05.2010",
    )
    assert fates(compare(rows, [])) == [Fate.ADD, Fate.ADD, Fate.ADD]


def test_one_bad_row_and_nothing_is_imported() -> None:
    result = compare(table("ФИО;Класс", "Новиков Олег;9А", "Петров;9А"), SCHOOL)
    assert fates(result) == [Fate.ADD, Fate.ERROR]
    assert not result.importable


def test_a_file_without_rows_is_nothing_to_import() -> None:
    assert not compare(table("ФИО;Класс"), SCHOOL).importable


def test_a_known_yo_survives_a_lazy_file_and_a_careful_file_restores_it() -> None:
    lazy = renamed(SEMENOV, "Семенов", "Петр", "Ильич")
    careful = table("ФИО;Класс;Номер участника", "Семёнов Пётр Ильич;9А;7")
    assert changed(compare(careful, [Known(1, lazy)])) == ["Фамилия: Семенов → Семёнов", "Имя: Петр → Пётр"]
    careless = table("ФИО;Класс;Номер участника", "Семенов Петр Ильич;9А;7")
    assert fates(compare(careless, [Known(1, SEMENOV)])) == [Fate.SAME]


def test_a_new_document_brings_its_own_kind() -> None:
    result = compare(table("ФИО;Класс;Серия;Номер", "Семёнов Пётр;9А;II-ЖТ;512345"), SCHOOL)
    assert result.rows[0].participant is not None
    assert result.rows[0].participant.document == Document(DocumentKind.BIRTH_CERTIFICATE, "II-ЖТ", "512345")


def test_a_parent_of_the_file_is_added_and_none_is_removed() -> None:
    result = compare(
        table("ФИО;Класс;ФИО отца;Телефон отца", "Семёнов Пётр;9А;Семёнов Илья;89000000000"), SCHOOL
    )
    assert result.rows[0].participant is not None
    assert result.rows[0].participant.representatives == (
        *SEMENOV.representatives,
        Representative(Name("Семёнов", "Илья"), "отец", "89000000000"),
    )


NAMELESS = Representative(Name("", ""), "", "8900")
# Few names, numbers and dates, so that rows meet each other and the known ones.
FEW = st.builds(
    Participant,
    name=st.builds(
        Name, last=st.sampled_from(["Семёнов", "Семенов", "Алиев"]), first=st.sampled_from(["Пётр", "Петр"]),
        patronymic=st.sampled_from(["", "Ильич"]),
    ),
    class_label=st.sampled_from(["9А", "9Б"]),
    number=st.sampled_from(["", "", "1", "2"]),
    birth_date=st.sampled_from([None, date(2010, 1, 1), date(2010, 2, 2)]),
    document=st.sampled_from(
        [None, None, Document(DocumentKind.PASSPORT, "4508", "123456"), Document(DocumentKind.OTHER, "", "5")]
    ),
    ground=st.sampled_from([None, Ground.HEALTH]),
    representatives=st.lists(
        st.builds(
            Representative, name=st.builds(Name, last=st.sampled_from(["", "Семёнова"]), first=st.just("")),
            relation=st.sampled_from(["", "мать", "отец"]), phone=st.sampled_from(["", "89001", "89002"]),
        ).filter(lambda one: one != Representative(Name("", ""))),
        max_size=3,
    ).map(tuple),
)  # fmt: skip


@given(st.lists(FEW, max_size=4), st.lists(FEW, max_size=4), st.sampled_from([to_csv, to_xml]))
@example(
    [replace(SEMENOV, representatives=(Representative(Name("А", "Б"), "отец", "1"),))],
    [replace(SEMENOV, representatives=(NAMELESS, replace(NAMELESS, relation="отец")))],
    to_csv,
)  # fmt: skip
def test_importing_the_same_file_again_changes_nothing(
    known: list[Participant], file: list[Participant], write: Callable[[Sequence[Participant]], bytes]
) -> None:
    school = [Known(place, one) for place, one in enumerate(known, 1)]
    rows = read(write(file)).rows
    first = compare(rows, school)
    assert len(first.rows) == len(rows)
    if first.importable:
        again = compare(rows, imported(school, first))
        assert set(fates(again)) <= {Fate.SAME, Fate.DUPLICATE}
        assert not changed(again)


@given(st.lists(PARTICIPANTS, min_size=1, max_size=3, unique_by=lambda one: str(one.name).casefold()))
def test_any_people_that_are_imported_are_the_same_when_imported_again(everybody: list[Participant]) -> None:
    rows = read(to_xml(everybody)).rows
    first = compare(rows, [])
    if first.importable:
        assert set(fates(compare(rows, imported([], first)))) <= {Fate.SAME, Fate.DUPLICATE}


@given(st.lists(FEW, max_size=4), st.lists(FEW, max_size=4))
def test_a_dry_run_never_takes_one_known_person_for_two_rows(
    known: list[Participant], file: list[Participant]
) -> None:
    result = compare(read(to_csv(file)).rows, [Known(place, one) for place, one in enumerate(known, 1)])
    taken = [row.known_id for row in result.rows if row.known_id is not None]
    assert len(taken) == len(set(taken))


@given(st.lists(FEW, max_size=3), st.lists(FEW, max_size=3))
def test_a_table_never_takes_anything_away(known: list[Participant], file: list[Participant]) -> None:
    school = dict(enumerate(known, 1))
    result = compare(read(to_csv(file)).rows, [Known(place, one) for place, one in school.items()])
    for row in result.rows:
        if row.known_id is not None and row.participant is not None:
            before = school[row.known_id]
            assert len(row.participant.representatives) >= len(before.representatives)
            assert row.participant.birth_date or not before.birth_date
            assert row.participant.document or not before.document
            assert row.participant.ground or not before.ground


def test_rows_that_a_second_import_would_mistake_for_others_are_an_error() -> None:
    """The first row gives the known participant the name and, with it, the looks of the second row's person."""
    known = replace(IVANOVA, number="1", birth_date=date(2010, 5, 5))
    result = compare(
        table(
            "Номер участника;ФИО;Класс;Дата рождения", "1;Петрова Мария;9А;", ";Петрова Мария;9Б;05.05.2010"
        ),
        [Known(1, known)],
    )
    assert fates(result) == [Fate.CHANGE, Fate.ERROR]
    assert "после импорта" in said(result)


PARENTS = st.lists(
    st.builds(
        Representative,
        name=st.builds(Name, last=st.sampled_from(["", "", "Семёнова"]), first=st.just("")),
        relation=st.sampled_from(["", "мать", "отец"]),
        phone=st.sampled_from(["", "89001", "89002"]),
    ),
    max_size=4,
)


@given(PARENTS, PARENTS)
@example(
    [Representative(Name("А", "Б"), "отец", "1")],
    [replace(NAMELESS, relation="мать"), replace(NAMELESS, relation="отец")],
)
def test_parents_that_were_added_once_are_not_added_again(
    known: list[Representative], file: list[Representative]
) -> None:
    once = with_parents(known, file)
    assert with_parents(once, file) == once
    assert len(once) >= len(known)
