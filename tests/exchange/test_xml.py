"""Our XML: what the schema says, where a mistake is, and what a hostile file cannot do."""

import re
from importlib.resources import files

import pytest
from lxml import etree

from server.errors import ImportProblem
from server.exam.people import DocumentKind, Name, Participant
from server.exam.profile_parts import Answer, Category, Form, Ground, Place
from server.exchange import limits, xml_names
from server.exchange.reading import read
from server.exchange.writing_xml import to_xml
from tests.exchange.people import IVANOVA, SEMENOV

HEAD = '<participants xmlns="urn:oral-exam-conference:participants" version="1">'
PETR = "<last-name>Семёнов</last-name><first-name>Пётр</first-name><class>9А</class>"


def xml(*people: str, head: str = HEAD) -> bytes:
    lines = "\n".join(f"<participant>{one}</participant>" for one in people)
    return f"{head}\n{lines}\n</participants>".encode()


def refused(content: bytes) -> str:
    with pytest.raises(ImportProblem) as caught:
        read(content)
    return caught.value.text


def test_the_elements_of_a_person_may_stand_in_any_order() -> None:
    [row] = read(xml("<class>9А</class><first-name>Пётр</first-name><last-name>Семёнов</last-name>")).rows
    assert row.participant == Participant(Name("Семёнов", "Пётр"), "9А")
    assert row.exact


def test_text_of_xml_is_taken_as_it_stands() -> None:
    [row] = read(xml(PETR + "<note>  ИВАНОВ\n 'x </note><family>a\\u0041</family>")).rows
    assert row.participant is not None
    assert (row.participant.note, row.participant.family) == ("  ИВАНОВ\n 'x ", "a\\u0041")


@pytest.mark.parametrize(
    "inner, column, part",
    [
        ("<birth-date>2010-02-30</birth-date>", "birth-date", "нужна дата"),
        ("<birth-date>2010-02-01Z</birth-date>", "birth-date", "нужна дата"),
        ("<birth-date>01.02.2010</birth-date>", "birth-date", "нужна дата"),
        ("<ground>quarantin</ground>", "ground", "«quarantine»"),
        ("<disabled>да</disabled>", "disabled", "«true»"),
        ("<break-minutes>601</break-minutes>", "break-minutes", "недопустимое"),
        ("<snils>1</snils>", "snils", "лишний"),
        ("<note>1</note><note>2</note>", "note", "стоит дважды"),
        ('<document kind="snils"/>', "document", "«passport»"),
        ("<document><number>1</number></document>", "document", "вид"),
        ("<note><b/></note>", "note", "вложенных"),
        ('<note a="1"/>', "note", "атрибут"),
        ("text", "", "текст"),
        (f"<family>{'я' * 201}</family>", "family", "201"),
        (f"<note>{'я' * 30_000}</note>", "note", "слишком длинный"),
        ('<note escaped="true">\\u0000</note>', "note", "нельзя сохранить"),
        (f"<representatives>{'<representative/>' * 21}</representatives>", "representative", "лишний"),
    ],
)
def test_a_mistake_is_named_by_line_and_element_and_harms_no_other_row(
    inner: str, column: str, part: str
) -> None:
    rows = read(xml(PETR, PETR + inner, PETR)).rows
    assert [row.participant is None for row in rows] == [False, True, False]
    [problem] = rows[1].problems
    assert (problem.row, problem.column) == (3, column)
    assert "строка 3" in problem.text
    assert part in problem.text


@pytest.mark.parametrize("name", ["last-name", "first-name", "class"])
@pytest.mark.parametrize("value", ["", "<{0}/>", "<{0}>\u00a0</{0}>"])
def test_a_person_without_name_or_class_is_a_problem(name: str, value: str) -> None:
    person = re.sub(f"<{name}>.*?</{name}>", value.format(name), PETR)
    [row] = read(xml(person)).rows
    assert row.participant is None
    assert row.problems


def test_lines_beyond_65535_are_counted() -> None:
    [first, second] = read(xml(PETR + "\n" * 70_000, PETR + "<x/>")).rows
    assert (first.number, second.number) == (2, 70_003)
    assert second.problems[0].row == 70_003


def test_people_on_one_line_are_counted_themselves() -> None:
    reading = read(xml(PETR, PETR + "<x/>").replace(b"\n", b""))
    assert [row.number for row in reading.rows] == [1, 2]
    assert reading.counted == "участник"


@pytest.mark.parametrize(
    "content, part",
    [
        (xml(PETR, head=HEAD.replace('"1"', '"2"')), "версия 2"),
        (xml(PETR, head=HEAD.replace(' version="1"', "")), "версия не указана"),
        (xml(PETR, head=HEAD.replace("oral", "other")), "другой программы"),
        (xml(PETR)[:-20], "обрывается"),
        (xml(PETR + "<note>a & b</note>"), "&amp;"),
        (xml(PETR).replace(b"</class>", b"</klass>"), "Закрывающий тег"),
        (b'<?xml version="1.0" encoding="utf-8"?>' + xml(PETR).decode().encode("cp1251"), "UTF-8"),
        (xml(PETR).replace(b"</participants>", b"<extra/></participants>"), "Строка 3: элемент «extra»"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "веб-страница"),
        (b"<?xml version='1.0'?>", "обрывается|ошибкой"),
    ],
)
def test_a_file_that_is_none_of_ours_says_what_is_wrong(content: bytes, part: str) -> None:
    assert re.search(part, refused(content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_entities_are_never_expanded(encoding: str) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE participants [<!ENTITY a0 "ха">{levels}]>{HEAD}<participant>&a9;</participant></participants>'
    assert "DOCTYPE" in refused(bomb.encode(encoding))


def test_no_file_of_the_server_is_read_through_an_entity() -> None:
    text = f'<!DOCTYPE participants [<!ENTITY x SYSTEM "file:///etc/passwd">]>{HEAD}</participants>'
    assert "DOCTYPE" in refused(text.encode())


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ELEMENTS", 1000)
    assert "слишком много" in refused(xml("<a/>" * 1000))


def test_deep_elements_are_refused() -> None:
    assert refused(f"{HEAD}{'<a>' * 10_000}".encode())


def test_other_encodings_that_xml_names_itself_are_read() -> None:
    content = b'<?xml version="1.0" encoding="windows-1251"?>' + xml(PETR).decode().encode("cp1251")
    [row] = read(content).rows
    assert row.participant == Participant(Name("Семёнов", "Пётр"), "9А")


@pytest.mark.parametrize(
    "name, kind",
    [
        ("document-kind", DocumentKind),
        ("form", Form),
        ("ground", Ground),
        ("place", Place),
        ("category", Category),
        ("answer", Answer),
    ],
)
def test_the_schema_has_the_words_of_the_code(name: str, kind: type[DocumentKind]) -> None:
    schema = etree.fromstring(xml_names.schema_text())
    found = [element.get("value") for element in schema.iterfind(f"*[@name='{name}']/*/*")]
    assert [value for value in found if value] == [one.value for one in kind]


def test_the_schema_is_packaged() -> None:
    assert files("server.exchange").joinpath("participants.xsd").is_file()


def test_an_export_is_readable_for_a_person() -> None:
    text = to_xml([SEMENOV, IVANOVA]).decode()
    assert "    <last-name>Семёнов</last-name>\n" in text
    assert text.startswith("<?xml version='1.0' encoding='UTF-8'?>\n<participants ")
