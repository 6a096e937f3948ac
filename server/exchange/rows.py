"""From the cells of a table to participants, each row with what is wrong in it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from server.errors import ImportProblem
from server.exam.people import DocumentKind, Name, Representative
from server.exam.profile_parts import Category

from . import documents, limits, names, values, words
from .fields import DOCUMENT, LONG, NEVER_NONE, REQUIRED, TITLES, Field, Value, built
from .headers import Header
from .labels import Column, Extra
from .names import Wrong
from .sheet import EMPTY, Cell, ParsedRow, Problem, Row, Skipped
from .text import clean, exactly, key

_NO_PERSON = re.compile(
    r"^(?:итог\w*|всего|директор|руководитель|исполнитель|ответственн\w+|подпись|м п|секретарь|составил\w*|дата)\b"
)
_PHONE = re.compile(r"\+?[\d][\d\s()–-]{5,}\d")

_WHO = (Field.LAST, Field.FIRST, Field.PATRONYMIC, Field.CLASS_LABEL)
_FIELDS_OF: Mapping[Field | Extra, Sequence[Field]] = {
    Extra.FULL_NAME: (Field.LAST, Field.FIRST),
    Extra.OVZ: (Field.CATEGORY,),
}


def parsed(rows: Iterable[Row], header: Header) -> tuple[tuple[ParsedRow, ...], tuple[Skipped, ...]]:
    """The rows below the header. Raises ImportProblem where there are too many."""
    found: list[ParsedRow] = []
    skipped: list[Skipped] = []
    for number, cells in rows:
        if number <= header.last_row:
            continue
        if why := _why_skipped(cells, header):
            skipped.append(Skipped(number, why))
            continue
        found.append(_Reader(number, cells, header).row())
        if len(found) > limits.MAX_ROWS:
            raise ImportProblem(
                f"В файле больше {limits.MAX_ROWS} участников. Разделите список на несколько файлов."
            )
    return tuple(found), tuple(skipped)


def _why_skipped(cells: Sequence[Cell], header: Header) -> str:
    ours = [index for index in header.columns if index < len(cells) and not values.is_blank(cells[index])]
    if not ours:
        return "в столбцах таблицы пусто"
    texts = [clean(cell.text) for cell in cells if not cell.blank]
    if len(texts) > 2 and all(text.isdecimal() for text in texts):
        counted = [int(text[:6]) for text in texts]
        if counted == list(range(counted[0], counted[0] + len(counted))) and counted[0] in {0, 1}:
            return "номера столбцов"
    parts = {header.columns[index].part for index in ours}
    if not parts & {Field.CLASS_LABEL, Field.BIRTH_DATE, Field.DOCUMENT_NUMBER, Extra.DOCUMENT}:
        first = next(cell for cell in cells if not cell.blank)
        if _NO_PERSON.match(key(first.text)) or _NO_PERSON.match(key(cells[ours[0]].text)):
            return "итог или подпись"
    return ""


class _Reader:
    """One row on its way to a participant."""

    def __init__(self, number: int, cells: Sequence[Cell], header: Header) -> None:
        self.number = number
        self.problems: list[Problem] = []
        self.found: dict[Field, Value] = {}
        self.wrong: set[Field] = set()
        self.ovz: bool | None = None
        self.cells = {place: cell for place, cell in enumerate(cells) if not values.is_blank(cell)}
        self.own = [column for column in header.columns.items() if column[1].person == 0]
        self.parents = [column for column in header.columns.items() if column[1].person]

    def row(self) -> ParsedRow:
        for place, column in sorted(self.own, key=lambda one: isinstance(one[1].part, Field)):
            if (cell := self.cells.get(place)) is not None:
                self.guarded(column, cell, self.take)
        self.settle_ovz()
        self.settle_representatives()
        self.require()
        given = set(self.found)
        self.settle_document(given)
        who = " ".join(str(self.found[field]) for field in _WHO if self.found.get(field))
        whole = not any(problem.fatal for problem in self.problems)
        participant = built(self.found) if whole else None
        return ParsedRow(self.number, participant, tuple(self.problems), who, frozenset(given))

    def require(self) -> None:
        lacking: dict[Column, list[str]] = {}
        for field in REQUIRED:
            if not str(self.found.get(field) or "").strip() and field not in self.wrong:
                lacking.setdefault(self.column(field, Extra.FULL_NAME), []).append(TITLES[field].lower())
        for column, titles in lacking.items():
            self.say(column, f"не заполнено: {', '.join(titles)}")

    def guarded(self, column: Column, cell: Cell, take: Callable[[Column, Cell], None]) -> None:
        most = limits.LONG_TEXT if column.part in LONG else limits.SHORT_TEXT
        try:
            if len(cell.text) > most * limits.ESCAPED:
                raise Wrong(f"здесь слишком длинный текст: {len(cell.text)} знаков, а можно {most}")
            take(column, cell)
        except Wrong as problem:
            self.wrong.update(_FIELDS_OF.get(column.part, ()))
            if isinstance(column.part, Field):
                self.wrong.add(column.part)
            self.say(column, str(problem))

    def say(self, column: Column, text: str, *, fatal: bool = True) -> None:
        self.problems.append(Problem(self.number, column.title, text, fatal))

    def without_doubt(self, column: Column, said: Value | values.Doubt) -> Value:
        if not isinstance(said, values.Doubt):
            return said
        self.say(column, said.text, fatal=False)
        return said.value

    def column(self, *parts: Field | Extra) -> Column:
        """The participant's column of the first of these parts that the file has."""
        for part in parts:
            for _, column in self.own:
                if column.part is part:
                    return column
        return Column(parts[0])

    def cell_of(self, part: Field | Extra) -> Cell:
        return next(
            (self.cells[place] for place, column in self.own if column.part is part and place in self.cells),
            EMPTY,
        )

    def take(self, column: Column, cell: Cell) -> None:
        part = column.part
        if cell.broken:
            raise Wrong(cell.broken)
        if part is Extra.FULL_NAME:
            last, first, patronymic = names.full_name(values.fitting(values.dated(cell), limits.SHORT_TEXT))
            self.found |= {Field.LAST: last, Field.FIRST: first}
            if patronymic:
                self.found[Field.PATRONYMIC] = patronymic
        elif part is Extra.DOCUMENT:
            kind, series, number = documents.together(values.fitting(cell.text, limits.SHORT_TEXT))
            self.found |= {Field.DOCUMENT_SERIES: series, Field.DOCUMENT_NUMBER: number}
            if named := kind or column.kind:
                self.found[Field.DOCUMENT_KIND] = named
        elif part is Extra.OVZ or part is Field.CATEGORY:
            self.take_category(cell)
        elif part is Field.CLASS_LABEL and (letter := self.cell_of(Extra.LETTER)) is not EMPTY:
            joined = Cell(f"{values.digits(values.dated(cell))}{letter.text}")
            self.found[part] = self.without_doubt(column, values.value(part, joined))
        elif part in {Field.APPLIED_ON, Field.CONSENT_ON} and key(cell.text) in words.YES | words.NO:
            self.say(column, "здесь нужна дата; без неё ничего не отмечено", fatal=False)
        elif isinstance(part, Field):
            certain = self.without_doubt(column, values.value(part, cell))
            if certain is None and part in NEVER_NONE:
                raise Wrong("здесь нужно значение или пустая ячейка")
            self.found[part] = certain
            if column.kind and part in DOCUMENT:
                self.found.setdefault(Field.DOCUMENT_KIND, column.kind)

    def take_category(self, cell: Cell) -> None:
        """A category, or «да» and «нет»."""
        if key(cell.text) in words.YES or cell.text.strip() == "+":
            self.ovz = True
        elif key(cell.text) in words.NO:
            self.ovz = False
        else:
            said = values.choice(Category, exactly(cell.text) or clean(cell.text).lstrip("'"))
            self.found[Field.CATEGORY] = self.without_doubt(self.column(Field.CATEGORY, Extra.OVZ), said)

    def settle_ovz(self) -> None:
        column = self.column(Extra.OVZ, Field.CATEGORY)
        category = self.found.get(Field.CATEGORY)
        if self.ovz and category is None and Field.CATEGORY not in self.wrong:
            self.say(
                column,
                f"ОВЗ отмечено, а категория не названа. Возможные значения: {words.possible(Category)}",
            )
        elif self.ovz is False and category is not None:
            self.say(column, "здесь «нет», а категория ОВЗ названа: исправьте то или другое")
        elif self.ovz is False:
            self.found[Field.CATEGORY] = None

    def settle_document(self, given: set[Field]) -> None:
        """The kind, where nobody named it; and whether a Russian passport can have such a number."""
        series = str(self.found.get(Field.DOCUMENT_SERIES) or "")
        number = str(self.found.get(Field.DOCUMENT_NUMBER) or "")
        if not series and not number:
            return
        kind = self.found.get(Field.DOCUMENT_KIND)
        if not series and re.fullmatch("[0-9]{10}", number) and kind in {None, DocumentKind.PASSPORT}:
            series, number = number[:4], number[4:]
            self.found |= {Field.DOCUMENT_SERIES: series, Field.DOCUMENT_NUMBER: number}
            given.add(Field.DOCUMENT_SERIES)
        if kind is None:
            kind = self.found[Field.DOCUMENT_KIND] = documents.likely(series, number)
        exact = any(values.is_exact(self.cell_of(part)) for part in DOCUMENT)
        if kind is DocumentKind.PASSPORT and not exact:
            for part, wrong in (
                (Field.DOCUMENT_SERIES, documents.passport_wrong(series, "")),
                (Field.DOCUMENT_NUMBER, documents.passport_wrong("", number)),
            ):
                if wrong:
                    self.say(self.column(part, Extra.DOCUMENT), wrong)

    def settle_representatives(self) -> None:
        people = []
        for _, group in groupby(
            sorted(self.parents, key=lambda one: one[1].person), lambda one: one[1].person
        ):
            cells = [(column, self.cells[place]) for place, column in group if place in self.cells]
            if cells:
                reader = _ParentReader()
                for column, cell in cells:
                    self.guarded(column, cell, reader.take)
                people.append(reader.person(cells[0][0].relation))
        if people:
            self.found[Field.REPRESENTATIVES] = tuple(people)


class _ParentReader:
    """The cells of one parent."""

    def __init__(self) -> None:
        self.found: dict[Field | Extra, str] = {}

    def take(self, column: Column, cell: Cell) -> None:
        if cell.broken:
            raise Wrong(cell.broken)
        meant = exactly(cell.text)
        text = values.fitting(clean(values.dated(cell)) if meant is None else meant, limits.SHORT_TEXT)
        part = column.part
        if meant is not None:
            self.found[part] = text
        elif part is Extra.FULL_NAME:
            if phone := _PHONE.search(text):
                self.found.setdefault(Extra.PHONE, phone[0])
                text = clean(_PHONE.sub(" ", text)).strip(" ,;:")
            if text:
                name = names.any_name(text)
                self.found |= dict(zip((Field.LAST, Field.FIRST, Field.PATRONYMIC), name, strict=True))
        elif part is Extra.PHONE:
            if not re.search(r"\d", text):
                raise Wrong("здесь нет ни одной цифры, а должен быть телефон. Похоже, столбцы перепутаны")
            self.found[part] = values.digits(text)
        elif part is Extra.EMAIL:
            if "@" not in text:
                raise Wrong(f"«{text[:40]}» не похоже на адрес электронной почты")
            self.found[part] = text
        elif part is Extra.RELATION:
            self.found[part] = text
        else:
            self.found[part] = names.name_part(text, str(TITLES[Field(part)]).lower())

    def person(self, relation: str) -> Representative:
        found = self.found
        return Representative(
            Name(found.get(Field.LAST, ""), found.get(Field.FIRST, ""), found.get(Field.PATRONYMIC, "")),
            found.get(Extra.RELATION, relation),
            found.get(Extra.PHONE, ""),
            found.get(Extra.EMAIL, ""),
        )
