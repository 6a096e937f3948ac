"""Our own XML: checked against the XSD, every value taken exactly as it stands."""

import io
import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from lxml import etree

from server.errors import ImportProblem
from server.exam.people import DocumentKind, Name, Representative

from . import limits, values, xml_names
from .fields import DATES, DOCUMENT, ENUMS, LONG, REQUIRED, TITLES, Field, Value, built
from .names import Wrong
from .sheet import ParsedRow, Problem, Reading
from .text import unescaped

_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_FIELDS = {name: field for field, name in xml_names.ELEMENTS.items()}
_PATH = re.compile(r"/\*/\*(?:\[(\d+)\])?(/.*)?$")
_NAMED = re.compile(r"Element '(?:\{[^}]*\})?([^']*)'(?:, attribute '([^']*)')?")


def read(content: bytes) -> Reading:
    """Raises ImportProblem for what is no XML of ours; mistakes inside a participant are problems of its row."""
    root = _tree(content)
    schema = xml_names.schema()
    schema.validate(root)
    people = list(root)
    lines = [int(str(element.sourceline)) for element in people]
    by_line = all(before < after for before, after in pairwise(lines))
    numbers = lines if by_line else list(range(1, len(people) + 1))
    found = _mistakes(schema.error_log, numbers)
    rows = tuple(
        _row(element, number, found.get(index, []))
        for index, (element, number) in enumerate(zip(people, numbers, strict=True))
    )
    return Reading("xml", rows, counted="строка" if by_line else "участник")


def _tree(content: bytes) -> etree._Element:
    if any(doctype in content for doctype in _DOCTYPES):
        raise ImportProblem(
            "В файле XML есть DOCTYPE. Так службу можно обмануть, поэтому такие файлы не читаются: уберите его."
        )
    try:
        events = etree.iterparse(
            io.BytesIO(content),
            events=("start",),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for count, (_, element) in enumerate(events):
            if count == 0:
                _check_root(element)
            if count > limits.MAX_ELEMENTS:
                raise ImportProblem(
                    "В файле XML слишком много элементов. Разделите список на несколько файлов."
                )
        root: etree._Element | None = events.root
    except etree.XMLSyntaxError as error:
        line, place = error.position
        raise ImportProblem(
            f"Файл XML записан с ошибкой: строка {line}, знак {place}. {_syntax(str(error.msg))}",
            detail=type(error).__name__,
        ) from None
    except (LookupError, ValueError, AssertionError) as error:  # an encoding nobody knows
        raise ImportProblem(
            "Файл XML не прочитать. Сохраните его в UTF-8.", detail=type(error).__name__
        ) from None
    if root is None:
        raise ImportProblem("В файле XML нет ни одного элемента.")
    if len(root) > limits.MAX_ROWS:
        raise ImportProblem(
            f"В файле больше {limits.MAX_ROWS} участников. Разделите список на несколько файлов."
        )
    return root


def _check_root(root: etree._Element) -> None:
    """Raises ImportProblem for the XML of another program, or of another version."""
    name = etree.QName(root)
    if name.localname.lower() in {"html", "table", "body", "head", "meta"}:
        raise ImportProblem(
            "Это веб-страница, а не таблица. Откройте её в Excel и сохраните в формате .xlsx."
        )
    if name.namespace != xml_names.NAMESPACE or name.localname != "participants":
        raise ImportProblem(
            "Это XML другой программы. Служба читает свой формат (пространство имён "
            f"{xml_names.NAMESPACE}), его описание — в docs/IMPORT.md. Можно загрузить таблицу XLSX или CSV."
        )
    version = root.get("version")
    if version != xml_names.VERSION:
        said = f"версия {version[:20]}" if version else "версия не указана"
        raise ImportProblem(f"В файле XML {said}, а служба читает версию {xml_names.VERSION}.")


_SYNTAX = (
    ("Opening and ending tag mismatch", "Закрывающий тег не соответствует открывающему."),
    ("Premature end", "Файл обрывается: он загружен или сохранён не целиком."),
    ("EndTag", "Файл обрывается: он загружен или сохранён не целиком."),
    ("expected '>'", "Тег не закрыт знаком >, или файл обрывается."),
    ("xmlParseEntityRef", "Знак & пишут как &amp;."),
    ("EntityRef", "Знак & пишут как &amp;."),
    ("Entity", "Неизвестное обозначение знака."),
    ("Extra content", "После конца списка в файле что-то ещё."),
    ("encoding", "Кодировка файла не та, что названа в первой строке: сохраните его в UTF-8."),
    ("Input is not proper UTF-8", "Кодировка файла не UTF-8: сохраните его в UTF-8."),
    ("PCDATA invalid Char", "В тексте недопустимый управляющий знак."),
    ("Attribute", "Атрибут записан неправильно или дважды."),
    ("StartTag", "После знака < должно быть имя элемента; сам знак пишут как &lt;."),
)


def _syntax(message: str) -> str:
    said = next((text for part, text in _SYNTAX if part in message), "")
    return said or "Исправьте запись или сохраните файл заново."


def _mistakes(log: etree._ListErrorLog, numbers: list[int]) -> dict[int, list[Problem]]:
    """What the schema found wrong, by the index of the participant. Raises ImportProblem for what is elsewhere."""
    found: dict[int, list[Problem]] = {}
    outside: list[str] = []
    for entry in log:
        place = _PATH.match(entry.path or "")
        name, text = _mistake(entry)
        if place is None or (place[2] is None and name != "participant"):
            outside.append(f"Строка {entry.line}: {text}.")
            continue
        index = int(place[1] or 1) - 1
        said = f"строка {entry.line}: {text}"
        found.setdefault(index, []).append(
            Problem(numbers[index], "" if name == "participant" else name, said)
        )
    if outside:
        raise ImportProblem(" ".join(["Файл XML не соответствует схеме.", *outside[: limits.MAX_PROBLEMS]]))
    return found


def _mistake(entry: etree._LogEntry) -> tuple[str, str]:
    """The element's name and what is wrong, Russian."""
    named = _NAMED.search(entry.message)
    name = named[1] if named else ""
    what = f"атрибут «{named[2]}» элемента «{name}»" if named and named[2] else f"элемент «{name}»"
    kind = entry.type_name
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        if "Missing child" in entry.message:
            needed = ", ".join(f"«{xml_names.ELEMENTS[field]}»" for field in REQUIRED)
            return name, f"{what}: не хватает обязательных элементов ({needed})"
        return name, f"{what} здесь лишний, стоит дважды или назван неправильно"
    if kind == "SCHEMAV_CVC_ENUMERATION_VALID":
        possible = ", ".join(
            f"«{word}»" for word in re.findall(r"'([^']*)'", entry.message.partition(" set ")[2])
        )
        return name, f"{what}: недопустимое значение. Возможные значения: {possible}"
    if kind in {"SCHEMAV_CVC_MAXLENGTH_VALID", "SCHEMAV_CVC_LENGTH_VALID"}:
        return name, f"{what}: слишком длинный текст"
    if kind == "SCHEMAV_CVC_MINLENGTH_VALID":
        return name, f"{what}: значение обязательно"
    if kind == "SCHEMAV_CVC_DATATYPE_VALID_1_2_3":
        return name, f"{what}: нужна дата вида 2010-02-01 или ничего"
    if kind.startswith("SCHEMAV_CVC_COMPLEX_TYPE_3"):
        return name, f"{what}: такого атрибута здесь быть не должно"
    if kind in {"SCHEMAV_CVC_COMPLEX_TYPE_2_1", "SCHEMAV_CVC_COMPLEX_TYPE_2_2"}:
        return name, f"{what}: вложенных элементов здесь быть не должно"
    if kind.startswith("SCHEMAV_CVC_COMPLEX_TYPE_2"):
        return name, f"{what}: текста между элементами быть не должно"
    if kind.startswith("SCHEMAV_CVC_TYPE_3"):
        return name, f"{what}: вложенных элементов здесь быть не должно"
    return name, f"{what}: недопустимое значение"


def _row(element: etree._Element, number: int, problems: list[Problem]) -> ParsedRow:
    found: dict[Field, Value] = {}
    who = " ".join(
        (element.findtext(xml_names.tag(xml_names.ELEMENTS[field])) or "")[: limits.SHORT_TEXT]
        for field in (Field.LAST, Field.FIRST, Field.PATRONYMIC, Field.CLASS_LABEL)
    ).strip()
    if problems:
        return ParsedRow(number, None, tuple(problems), who)
    for child in element:
        name = etree.QName(child).localname
        try:
            _take(name, child, found)
        except Wrong as wrong:
            problems.append(Problem(number, name, f"строка {child.sourceline}: {wrong}"))
    problems.extend(
        Problem(number, xml_names.ELEMENTS[field], f"не заполнено: {TITLES[field].lower()}")
        for field in REQUIRED
        if field in found and not str(found[field]).strip()
    )
    if problems:
        return ParsedRow(number, None, tuple(problems), who)
    return ParsedRow(number, built(found), (), who, frozenset(found), exact=True)


def _take(name: str, element: etree._Element, found: dict[Field, Value]) -> None:
    """Raises Wrong."""
    if name == xml_names.DOCUMENT:
        found |= _document(element)
    elif name == xml_names.REPRESENTATIVES:
        found[Field.REPRESENTATIVES] = tuple(_representative(child) for child in element)
    else:
        field = _FIELDS[name]
        found[field] = _value(field, element)


def _value(field: Field, element: etree._Element) -> Value:
    text = _text(element, limits.LONG_TEXT if field in LONG else limits.SHORT_TEXT)
    if field in DATES:
        return date.fromisoformat(text.strip()) if text.strip() else None
    if field in ENUMS:
        return ENUMS[field](text) if text else None
    if field is Field.DISABLED:
        return text == "true"
    if field is Field.BREAK_MINUTES:
        return int(text)
    return text


def _document(element: etree._Element) -> Mapping[Field, Value]:
    kind = element.get("kind")
    if kind is None and len(element):
        raise Wrong("у документа с серией и номером должен быть вид, атрибут «kind»")
    found: dict[Field, Value] = dict.fromkeys(DOCUMENT, "")
    found[Field.DOCUMENT_KIND] = None if kind is None else DocumentKind(kind)
    for child in element:
        field = Field.DOCUMENT_SERIES if etree.QName(child).localname == "series" else Field.DOCUMENT_NUMBER
        found[field] = _text(child, limits.SHORT_TEXT)
    return found


def _representative(element: etree._Element) -> Representative:
    texts = {etree.QName(child).localname: _text(child, limits.SHORT_TEXT) for child in element}
    return Representative(
        Name(texts.get("last-name", ""), texts.get("first-name", ""), texts.get("patronymic", "")),
        texts.get("relation", ""),
        texts.get("phone", ""),
        texts.get("email", ""),
    )


def _text(element: etree._Element, most: int) -> str:
    text = element.text or ""
    escaped = element.get("escaped", "").strip() in {"true", "1"}
    return values.fitting(unescaped(text) if escaped else text, most)
