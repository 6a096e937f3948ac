"""Reading a form: each field checked as it is read, every mistake kept beside its field in plain words."""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)

REQUIRED = "Заполните это поле."
TOO_LONG = "Слишком длинно: не больше {limit} знаков."


class Fields:
    """A submitted form. `errors` is empty if everything read so far was right; `values` fills the form again."""

    def __init__(self, data: Mapping[str, object]) -> None:
        self.values: dict[str, str] = {
            name: value.replace("\x00", "") for name, value in data.items() if isinstance(value, str)
        }
        self.errors: dict[str, str] = {}

    @property
    def valid(self) -> bool:
        return not self.errors

    def wrong(self, name: str, text: str) -> None:
        """Keeps the first mistake of a field."""
        self.errors.setdefault(name, text)

    def text(self, name: str, *, required: bool = False, limit: int = 200) -> str:
        """One line, its spaces tidied."""
        value = " ".join(self.values.get(name, "").split())
        if required and not value:
            self.wrong(name, REQUIRED)
        elif len(value) > limit:
            self.wrong(name, TOO_LONG.format(limit=limit))
        return value[:limit]

    def lines(self, name: str, *, limit: int = 2000) -> str:
        """Several lines."""
        value = "\n".join(line.rstrip() for line in self.values.get(name, "").strip().splitlines())
        if len(value) > limit:
            self.wrong(name, TOO_LONG.format(limit=limit))
        return value[:limit]

    def flag(self, name: str) -> bool:
        """A checkbox."""
        return self.values.get(name, "") not in {"", "0"}

    def date(self, name: str, *, required: bool = False) -> date | None:
        """A date as browsers send it, or дд.мм.гггг."""
        value = self.text(name, required=required, limit=20)
        if not value:
            return None
        try:
            if "." in value:
                day, month, year = (int(part) for part in value.split("."))
                return date(year, month, day)
            return date.fromisoformat(value)
        except ValueError:
            self.wrong(name, "Такой даты нет. Напишите, например, 11.02.2026.")
            return None

    def time(self, name: str, *, required: bool = False) -> time | None:
        """Hours and minutes."""
        value = self.text(name, required=required, limit=8)
        if not value:
            return None
        try:
            return time.fromisoformat(value.zfill(5)).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            self.wrong(name, "Напишите время, например, 09:00.")
            return None

    def integer(self, name: str, low: int, high: int, *, default: int | None = None) -> int | None:
        """A whole number between two others; the default where the field is empty."""
        value = self.text(name, limit=12)
        if not value:
            if default is None:
                self.wrong(name, REQUIRED)
            return default
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            self.wrong(name, f"Напишите целое число от {low} до {high}.")
            return default
        return number

    def choice(self, name: str, kind: type[E], *, required: bool = False) -> E | None:
        """One of the kind; None where nothing was chosen."""
        value = self.text(name)
        if not value:
            if required:
                self.wrong(name, "Выберите один из вариантов.")
            return None
        try:
            return kind(value)
        except ValueError:
            self.wrong(name, "Выберите один из вариантов.")
            return None
