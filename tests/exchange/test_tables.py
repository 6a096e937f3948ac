"""Tables as schools really have them."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, time

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from server.errors import ImportProblem
from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Answer, Category, Form, Ground, Place
from server.exchange import limits
from server.exchange.reading import read
from server.exchange.sheet import ParsedRow, Reading
from server.exchange.template import template_xlsx
from server.exchange.writing import headers
from server.profiles import load, names

LIST = "Фамилия;Имя;Отчество;Класс;Дата рождения\nСемёнов;Пётр;Ильич;9А;01.02.2010\n"
PETR = Participant(Name("Семёнов", "Пётр", "Ильич"), "9А", birth_date=date(2010, 2, 1))


def csv_of(*lines: str) -> Reading:
    return read("\n".join(lines).encode())


def one(*lines: str) -> ParsedRow:
    [row] = csv_of(*lines).rows
    return row


def person(*lines: str) -> Participant:
    row = one(*lines)
    assert row.participant is not None, row.problems
    return row.participant


def refused(content: bytes) -> str:
    with pytest.raises(ImportProblem) as caught:
        read(content)
    return caught.value.text


def book(rows: Sequence[Sequence[object]], title: str = "Лист1") -> tuple[openpyxl.Workbook, Worksheet]:
    made = openpyxl.Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return made, sheet


def saved(made: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


# The file as a whole


@pytest.mark.parametrize(
    "encoding", ["cp1251", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp866", "koi8-r"]
)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_every_encoding_and_separator_gives_the_same_people(encoding: str, separator: str) -> None:
    [row] = read(LIST.replace(";", separator).encode(encoding)).rows
    assert row.participant == PETR
    assert row.number == 2


def test_the_name_of_the_file_does_not_decide_its_format() -> None:
    made, _ = book([["ФИО", "Класс"], ["Семёнов Пётр", "9А"]])
    assert read(saved(made), "список.csv").format == "xlsx"
    assert read(LIST.encode(), "список.xml").format == "csv"


def test_titles_above_the_header_a_header_of_two_rows_and_a_total_below() -> None:
    reading = csv_of(
        'Список участников МБОУ "СОШ № 5";;;;;;;;',
        ";;;;;;;;",
        "№ п/п;Ученик;;Класс;Документ;;Мать;;Номер ячейки",
        ";Фамилия;Имя;;серия;номер;ФИО;телефон;",
        "1;2;3;4;5;6;7;8;9",
        "1;Семёнов;Пётр;9А;4508;123456;Семёнова Анна;89001234567;17",
        "2;;;;;;;;",
        "Итого;1;;;;;;;",
        ";Директор;Иванов;;;;;;",
    )
    [row] = reading.rows
    assert row.number == 6
    assert row.participant == Participant(
        Name("Семёнов", "Пётр"),
        "9А",
        document=Document(DocumentKind.PASSPORT, "4508", "123456"),
        representatives=(Representative(Name("Семёнова", "Анна"), "мать", "89001234567"),),
    )
    assert reading.ignored == ("№ п/п", "Номер ячейки")
    assert [one.number for one in reading.skipped] == [5, 7, 8, 9]


def test_the_first_person_is_never_taken_for_a_second_row_of_the_header() -> None:
    """Words of the header in somebody's cells: «паспорт», «мать»."""
    reading = csv_of(
        "ФИО;Класс;Тип;Кто;Родитель", "Семёнов Пётр;9А;паспорт;мать;Семёнова Анна", "Алиев Али;9А;;;"
    )
    assert [row.number for row in reading.rows] == [2, 3]


def test_columns_in_any_order_and_headers_in_other_words() -> None:
    assert person(
        'Кл.,Д.р.,"Паспорт (серия, номер)",Ф.И.О. участника,Нозология,Причина,Телефон родителя,Родитель',
        "9-а,1 февраля 2010 г.,45 08 № 123456,семенов ПЁТР  Ильич,ТНР,карантин,8-900-1234567,Семёнова А. П.",
    ) == Participant(
        Name("Семенов", "Пётр", "Ильич"),
        "9А",
        birth_date=date(2010, 2, 1),
        document=Document(DocumentKind.PASSPORT, "4508", "123456"),
        ground=Ground.QUARANTINE,
        category=Category.SPEECH,
        representatives=(Representative(Name("Семёнова", "А.", "П."), "", "8-900-1234567"),),
    )


def test_mother_and_father_have_their_own_columns() -> None:
    found = person(
        "ФИО;Класс;Мать;Телефон матери;ФИО отца;Телефон отца",
        "Семёнов Пётр;9А;Семёнова Анна;1234567;Семёнов Илья;7654321",
    )
    assert [(str(parent.name), parent.relation, parent.phone) for parent in found.representatives] == [
        ("Семёнова Анна", "мать", "1234567"),
        ("Семёнов Илья", "отец", "7654321"),
    ]


@pytest.mark.parametrize(
    "header, lacking", [("ФИО;Дата рождения", "«Класс»"), ("Фамилия;Класс", "«Имя»"), ("а;б", "не нашлось")]
)
def test_a_table_without_the_needed_columns_says_which(header: str, lacking: str) -> None:
    assert lacking in refused(f"{header}\nСемёнов;9А\n".encode())


def test_two_columns_for_the_same_are_refused_with_both_names() -> None:
    text = refused("ФИО;Класс;Дата рождения;Д.р.\nСемёнов Пётр;9А;;\n".encode())
    assert "«Дата рождения» и «Д.р.»" in text


@pytest.mark.parametrize(
    "header, row",
    [
        ("№;ФИО;Класс;Паспорт серия;Паспорт номер", "1;Цой Виктор;9Б;6815;123456"),
        ("№;ФИО;Класс;Серия;Номер", "1;Цой Виктор;9Б;6815;123456"),
        ("ФИО;Класс;Серия;Номер;№", "Цой Виктор;9Б;6815;123456;1"),
    ],
)
def test_a_bare_column_of_numbers_counts_the_rows(header: str, row: str) -> None:
    found = person(header, row)
    assert found.document == Document(DocumentKind.PASSPORT, "6815", "123456")
    assert found.number == ""


def test_an_unclosed_quote_never_swallows_people() -> None:
    assert "Строка 2" in refused('ФИО;Класс\n"Семёнов Пётр;9А\nАлиев Али;9А\n'.encode())


def test_more_people_than_the_limit_are_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ROWS", 2)
    lines = ["ФИО;Класс", "Семёнов Пётр;9А", "Алиев Али;9А"]
    assert len(csv_of(*lines).rows) == 2
    assert "больше 2" in refused("\n".join([*lines, "Новиков Олег;9Б"]).encode())


# Cells


@pytest.mark.parametrize(
    "written, label",
    [
        ('9 "А"', "9А"), ("9-а", "9А"), ("9А", "9А"), ("9A", "9А"), ("9 a класс", "9А"), ("9 «А»", "9А"),
        ("09 а", "9А"),
        ("9", "9"), ("9.0", "9"), ("9 кл.", "9"), ("ЭКСТЕРН", "экстерн"), ("9-1", "9-1"), ("9 Б", "9Б"),
        ("9гум", "9гум"),
    ],
)  # fmt: skip
def test_a_class_has_one_form(written: str, label: str) -> None:
    quoted = '"' + written.replace('"', '""') + '"'
    assert person("ФИО;Класс", f"Семёнов Пётр;{quoted}").class_label == label


def test_the_letter_of_the_class_may_have_its_own_column() -> None:
    assert person("ФИО;Класс;Литера", "Семёнов Пётр;9;а").class_label == "9А"


@pytest.mark.parametrize(
    "written, name",
    [
        ("ИВАНОВ-ПЕТРОВ;ИВАН", Name("Иванов-Петров", "Иван")),
        ("иванов - петров;иван", Name("Иванов-Петров", "Иван")),
        ("Алиев;Али;ВАГИФ ОГЛЫ", Name("Алиев", "Али", "Вагиф оглы")),
        ("Алиева;Лейла;вагиф кызы", Name("Алиева", "Лейла", "Вагиф кызы")),
        ("де Голль;Шарль", Name("де Голль", "Шарль")),
        ("МакДональд;Анна", Name("МакДональд", "Анна")),
        ("\u00a0Семёнов\u00a0\u00a0;\u200bПётр;-", Name("Семёнов", "Пётр")),
        ("Семёнoв;Пётp;нет", Name("Семёнов", "Пётр")),  # Latin o and p
        ("О'Нил;Дара", Name("О'Нил", "Дара")),
    ],
)
def test_names_are_tidied(written: str, name: Name) -> None:
    assert person("Фамилия;Имя;Отчество;Класс", f"{written}{';' * (3 - written.count(';'))}9А").name == name


@pytest.mark.parametrize(
    "full, name",
    [
        ("Семёнов Пётр", Name("Семёнов", "Пётр")),
        ("алиев али вагиф оглы", Name("Алиев", "Али", "Вагиф оглы")),
        ("ПЕТРОВ - ВОДКИН КУЗЬМА СЕРГЕЕВИЧ", Name("Петров-Водкин", "Кузьма", "Сергеевич")),
    ],
)
def test_a_full_name_is_taken_apart(full: str, name: Name) -> None:
    assert person("ФИО;Класс", f"{full};9А").name == name


@pytest.mark.parametrize(
    "header, cell, part",
    [
        ("ФИО", "Семёнов", "одно слово"), ("ФИО", "Семёнов П.И.", "полные имя"),
        ("ФИО", "Мария Анна Луиза Тереза", "не понять"),
        ("ФИО", "01.02.2010", "дата"), ("ФИО", "", "не заполнено"), ("Дата рождения", "1/2/10", "по-разному"),
        ("Дата рождения", "01/02/2010", "по-разному"), ("Дата рождения", "30.02.2010", "такой даты нет"),
        ("Дата рождения", "Семёнов", "не похоже на дату"), ("Дата рождения", "01.02.1010", "год 1010"),
        ("Класс", "01.02.2010", "дата"), ("Класс", "Семёнов", "не похоже на класс"),
        ("Класс", "13А", "не похоже на класс"),
        ("Класс", "", "не заполнено"), ("Категория ОВЗ", "сложная", "«слабослышащие»"),
        ("ОВЗ", "да", "«слабослышащие»"),
        ("Основание", "так решили", "«карантин»"), ("Форма", "никакая", "«очная»"),
        ("Инвалидность", "может быть", "«да»"),
        ("Паспорт", "308 123456", "4 цифры"), ("Паспорт", "123", "не понять"), ("Номер паспорта", "1234", "6 цифр"),
        ("Номер паспорта", "1,23456E+9", "испорчено"), ("Серия паспорта", "01.02.2010", "дата"),
        ("Телефон матери", "Семёнова", "ни одной цифры"), ("Почта родителя", "нету", "почты"),
        ("Перерыв", "долго", "минут"),
        ("Мать", "01.02.2010", "дата"), ("Примечание", "я" * 4001, "4001"), ("Семья", "'\\u0000", "нельзя сохранить"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_by_row_and_column(header: str, cell: str, part: str) -> None:
    cells = {"ФИО": "Семёнов Пётр", "Класс": "9А", header: cell}
    row = one(";".join(cells), ";".join(cells.values()) + ";;")
    assert row.participant is None
    [problem] = row.problems
    assert (problem.row, problem.column, problem.fatal) == (2, header, True)
    assert part in problem.text


@pytest.mark.parametrize(
    "line, column",
    [
        ("01.02.2010;Пётр", "Фамилия"),
        ("Семёнов;01.02.2010", "Имя"),
        ("Пётр;Ильич", "Имя"),
        ("Семёнов Пётр Ильич;", "Фамилия"),
    ],
)
def test_swapped_content_is_a_problem_of_its_column(line: str, column: str) -> None:
    row = one("Фамилия;Имя;Класс", f"{line};9А")
    assert row.participant is None
    assert column in [problem.column for problem in row.problems]


@pytest.mark.parametrize(
    "written",
    [
        "01.02.2010",
        "1.2.2010",
        "2010-02-01",
        "2010-02-01 00:00:00",
        "1 февраля 2010 г.",
        "40210",
        "01.02.2010г.",
        "1-2-2010",
    ],
)
def test_a_date_is_read_as_schools_write_it(written: str) -> None:
    assert person("ФИО;Класс;Дата рождения", f"Семёнов Пётр;9А;{written}").birth_date == date(2010, 2, 1)


@pytest.mark.parametrize(
    "word, category",
    [
        ("слабослышащие", Category.HARD_OF_HEARING), ("ТНР", Category.SPEECH), ("ТНР (вариант 5.1)", Category.SPEECH),
        ("НОДА", Category.MOTOR), ("рас", Category.ASD), ("ЗПР", Category.MENTAL_DELAY), ("нет", None),
        ("Участники с тяжёлыми нарушениями речи, в том числе заикание", Category.SPEECH),
        ("Обучающийся с задержкой психического развития", Category.MENTAL_DELAY),
        ("Глухие, позднооглохшие, владеющие сурдопереводом", Category.DEAF_SIGN),
        ("слепые, поздноослепшие, владеющие шрифтом Брайля", Category.BLIND_BRAILLE),
    ],
)  # fmt: skip
def test_categories_are_known_by_their_full_and_short_words(word: str, category: Category | None) -> None:
    row = one("ФИО;Класс;Категория ОВЗ", f'Семёнов Пётр;9А;"{word}"')
    assert row.problems == ()
    assert row.participant is not None
    assert row.participant.category is category


def test_every_title_of_the_shipped_scales_is_known() -> None:
    rows = [row for name in names() if (scale := load(name).scale) for row in scale.rows]
    assert len(rows) > 20
    for row in rows:
        assert person("ФИО;Класс;ОВЗ", f'Семёнов Пётр;9А;"{row.title}"').category is row.category


@pytest.mark.parametrize("word, category", [("глухие", Category.DEAF), ("слепая", Category.BLIND)])
def test_a_short_word_that_leaves_a_question_is_taken_with_a_remark(word: str, category: Category) -> None:
    row = one("ФИО;Класс;Категория ОВЗ", f"Семёнов Пётр;9А;{word}")
    assert row.participant is not None
    assert row.participant.category is category
    [problem] = row.problems
    assert not problem.fatal
    assert "владеет" in problem.text


def test_no_ovz_and_a_category_contradict_each_other() -> None:
    assert one("ФИО;Класс;ОВЗ;Категория ОВЗ", "Семёнов Пётр;9А;нет;ЗПР").participant is None
    assert person("ФИО;Класс;ОВЗ;Категория ОВЗ", "Семёнов Пётр;9А;да;ЗПР").category is Category.MENTAL_DELAY


def test_the_other_choices_are_read() -> None:
    assert person(
        "ФИО;Класс;Форма;Основание;Место;Инвалид;Ответ;Перерыв",
        "Семёнов Пётр;9А;ОЧНО;на дому;в больнице;+;письменно;10 мин",
    ) == Participant(
        Name("Семёнов", "Пётр"), "9А", form=Form.IN_PERSON, ground=Ground.HEALTH, place=Place.MEDICAL,
        disabled=True, answer=Answer.WRITTEN, break_minutes=10,
    )  # fmt: skip


def test_consent_without_a_date_is_not_taken_for_consent() -> None:
    row = one("ФИО;Класс;Согласие на обработку персональных данных", "Семёнов Пётр;9А;да")
    assert row.participant is not None
    assert row.participant.consent_on is None
    assert [problem.fatal for problem in row.problems] == [False]


@pytest.mark.parametrize(
    "header, cells, document",
    [
        ("Серия;Номер", "45 08;123456.0", Document(DocumentKind.PASSPORT, "4508", "123456")),
        ("Серия;Номер", "0408;012345", Document(DocumentKind.PASSPORT, "0408", "012345")),
        (
            "Серия документа;№ документа",
            "II-ЖТ;512345",
            Document(DocumentKind.BIRTH_CERTIFICATE, "II-ЖТ", "512345"),
        ),
        ("Паспорт;А", "4508123456;", Document(DocumentKind.PASSPORT, "4508", "123456")),
        (
            "Документ;А",
            "свидетельство о рождении II-жт № 512345;",
            Document(DocumentKind.BIRTH_CERTIFICATE, "II-ЖТ", "512345"),
        ),
        (
            "Вид документа;Номер документа",
            "вид на жительство;82 123",
            Document(DocumentKind.FOREIGN, "", "82123"),
        ),
        ("Номер паспорта;А", "4508123456;", Document(DocumentKind.PASSPORT, "4508", "123456")),
    ],
)
def test_documents_are_read_as_schools_write_them(header: str, cells: str, document: Document) -> None:
    assert person(f"ФИО;Класс;{header}", f"Семёнов Пётр;9А;{cells}").document == document


def test_an_ordinal_is_no_number_of_a_participant() -> None:
    assert person("№;ФИО;Класс", "1;Семёнов Пётр;9А").number == ""
    beside = person("№;ФИО;Класс;Серия;Номер", "1;Семёнов Пётр;9А;4508;123456")
    assert beside.document == Document(DocumentKind.PASSPORT, "4508", "123456")
    assert person("Номер;ФИО;Класс", "1;Семёнов Пётр;9А") == Participant(Name("Семёнов", "Пётр"), "9А")


# Workbooks


def test_cells_of_a_workbook_are_taken_by_what_they_are() -> None:
    made, sheet = book(
        [
            ["Список"],
            [
                "ФИО",
                "Класс",
                "Дата рождения",
                "Дата заявления",
                "Серия",
                "Номер",
                "Инвалидность",
                "Телефон родителя",
            ],
            ["Семёнов Пётр", 9.0, date(2010, 2, 1), 46042, 408, 12345, True, 89001234567.0],
        ]
    )
    sheet.merge_cells("A1:H1")
    sheet["E3"].number_format = "0000"
    sheet["F3"].number_format = "000000"
    [row] = read(saved(made)).rows
    assert row.participant == Participant(
        Name("Семёнов", "Пётр"), "9", birth_date=date(2010, 2, 1), applied_on=date(2026, 1, 20), disabled=True,
        document=Document(DocumentKind.PASSPORT, "0408", "012345"),
        representatives=(Representative(Name("", ""), "", "89001234567"),),
    )  # fmt: skip


def test_lost_zeros_of_a_passport_are_never_guessed() -> None:
    made, _ = book([["ФИО", "Класс", "Серия", "Номер"], ["Семёнов Пётр", "9А", 408, 12345]])
    [row] = read(saved(made)).rows
    assert [problem.column for problem in row.problems] == ["Серия", "Номер"]
    assert "ноль" in row.problems[0].text


def test_a_date_in_another_column_is_a_problem_and_not_a_text() -> None:
    made, _ = book([["Фамилия", "Имя", "Класс"], [date(2010, 2, 1), "Пётр", date(2026, 1, 9)]])
    [row] = read(saved(made)).rows
    assert {problem.column for problem in row.problems} == {"Фамилия", "Класс"}


def test_a_bare_serial_of_a_book_that_counts_from_1904_is_refused() -> None:
    made, _ = book([["ФИО", "Класс", "Дата рождения"], ["Семёнов Пётр", "9А", 40210]])
    made.epoch = openpyxl.utils.datetime.MAC_EPOCH
    [row] = read(saved(made)).rows
    assert row.participant is None
    assert "1904" in row.problems[0].text


def test_a_formula_without_a_value_is_a_problem_and_one_with_a_value_is_not() -> None:
    made, _ = book([["ФИО", "Класс"], ['="Семёнов"&" Пётр"', "9А"]])
    without = saved(made)
    [row] = read(without).rows
    assert row.participant is None
    assert (row.problems[0].row, row.problems[0].column) == (2, "ФИО")
    assert "формула" in row.problems[0].text
    [row] = read(with_formula(saved(made), "Семёнов Пётр")).rows
    assert row.participant == Participant(Name("Семёнов", "Пётр"), "9А")


def with_formula(content: bytes, value: str) -> bytes:
    """The book with a formula in A2, and its value as Excel keeps it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                part, found = re.subn(
                    '<c r="A2".*?</c>', f'<c r="A2" t="str"><f>B9</f><v>{value}</v></c>', part
                )
                assert found == 1
            new.writestr(name, part)
    return stream.getvalue()


def test_rows_prefilled_with_formulas_that_give_nothing_are_empty() -> None:
    made, _ = book([["ФИО", "Класс"], ["...", None], ["Семёнов Пётр", "9А"]])
    reading = read(with_formula(saved(made), ""))
    assert [row.number for row in reading.rows] == [3]


def test_an_error_of_excel_is_a_problem() -> None:
    made, sheet = book([["ФИО", "Класс"], ["Семёнов Пётр", "9А"]])
    sheet["B2"].value = "#REF!"
    [row] = read(saved(made)).rows
    assert "#REF!" in row.problems[0].text


def test_lists_on_two_sheets_are_refused_and_hidden_sheets_are_not_looked_at() -> None:
    made, _ = book([["ФИО", "Класс"], ["Семёнов Пётр", "9А"]], "9А")
    other = made.create_sheet("9Б")
    other.append(["ФИО", "Класс"])
    assert "«9А», «9Б»" in refused(saved(made))
    other.sheet_state = "hidden"
    assert len(read(saved(made)).rows) == 1


def test_a_time_in_a_cell_is_a_problem() -> None:
    made, _ = book([["ФИО", "Класс", "Дата рождения"], ["Семёнов Пётр", "9А", time(9, 0)]])
    [row] = read(saved(made)).rows
    assert row.problems[0].column == "Дата рождения"


def test_the_template_is_understood_and_has_no_people() -> None:
    reading = read(template_xlsx())
    assert reading.rows == ()
    assert reading.ignored == ()
    assert list(reading.columns) == headers()


def test_a_filled_template_is_read() -> None:
    made = openpyxl.load_workbook(io.BytesIO(template_xlsx()))
    sheet = made["Участники"]
    examples = {
        str(row[0].value): row[2].value for row in reversed(list(made["Пояснения"].iter_rows(min_row=2)))
    }
    sheet.append([examples.get(str(cell.value)) or None for cell in sheet[2]])
    [row] = read(saved(made)).rows
    assert row.problems == ()
    assert row.participant is not None
    assert row.participant.category is Category.HARD_OF_HEARING
    assert row.participant.representatives[0].email == "semenova@example.ru"
