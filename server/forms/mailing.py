"""Links as a CSV for a mailing program: UTF-8 with BOM and semicolons, as Excel in Russia opens it."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from server.exam.people import Name

from .words import clock, is_formula, plain, short_day

COLUMNS = ("ФИО", "Класс", "Родитель", "Телефон", "Почта", "Ссылка", "Дата", "Время")

_PHONE = re.compile(r"\+[0-9 ()\-]+\Z")


@dataclass(frozen=True, slots=True)
class MailingRow:
    """A participant without a parent has one row; with several parents, one for each."""

    name: Name
    link: str
    day: date
    ready_at: time
    class_label: str = ""
    parent: Name | None = None
    phone: str = ""
    email: str = ""


def mailing_csv(rows: Iterable[MailingRow]) -> bytes:
    """The whole file. What a spreadsheet would reckon with gets an apostrophe, telephone numbers do not."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = (
            str(row.name),
            row.class_label,
            str(row.parent) if row.parent else "",
            row.phone,
            row.email,
            row.link,
            short_day(row.day),
            clock(row.ready_at),
        )
        writer.writerow([_harmless(value) for value in values])
    return text.getvalue().encode("utf-8-sig")


def _harmless(value: str) -> str:
    line = plain(value)
    return f"'{line}" if is_formula(line) and not _PHONE.match(line) else line
