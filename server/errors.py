"""Everything the service refuses or fails at, in one tree, and its one translation to HTTP and the WebSocket.

    ExamError
    ├── Refused            a rule says no; the state is unchanged
    │   ├── ProfileGap     … or the region's rules are silent, and the organizer has not supplied what is needed
    │   ├── TooSoon        … yet: attempts to sign in follow too fast
    │   └── ImportProblem  … or a file with participants cannot be read; nothing of it was kept
    ├── BadMessage         the sender broke the wire's rules
    │   └── Flood          … by sending too much
    ├── Forbidden          this seat may not do that
    ├── NotFound           there is no such thing
    ├── LinkProblem        the link opens no seat: foreign, revoked, wrong_day, expired, login
    ├── NodeUnavailable    no media node can serve the conference now
    ├── FormProblem        a document for printing could not be made
    └── StoreError         the database did not do its work; nothing was kept of the transaction
        ├── StoreBusy      … somebody else held it too long
        ├── StoreFull      … the disk is full
        └── StoreUnavailable … it cannot be reached, read or written

`code` is for programs and stable; `text` is Russian, for the person at the page; `str(error)` is for the log
and carries no names.
"""

from datetime import datetime
from math import ceil
from typing import ClassVar, Literal

LinkProblemKind = Literal["foreign", "revoked", "wrong_day", "expired", "login"]


class ExamError(Exception):
    """The root of the tree. Subclasses give the default code and text of their kind."""

    code: str = "error"
    text: str = "Что-то пошло не так. Попробуйте ещё раз, а если не поможет, позвоните в школу."

    def __init__(self, code: str | None = None, text: str | None = None, *, detail: str = "") -> None:
        self.code = code or type(self).code
        self.text = text or type(self).text
        self.detail = detail
        super().__init__(f"{self.code}: {detail}" if detail else self.code)


class Refused(ExamError):
    """A rule says no; nothing has changed."""

    code = "refused"
    text = "Сейчас это действие невозможно."


class ProfileGap(Refused):
    """The region's rules do not say it. `text` is the profile's own sentence for the organizer."""

    code = "profile_gap"
    text = "В правилах региона этого нет. Уточните в регионе и дополните профиль."

    def __init__(self, place: str = "", text: str | None = None, *, profile: str = "") -> None:
        super().__init__(text=text, detail=f"{profile}: {place}" if place else "")
        self.place = place


class TooSoon(Refused):
    """Attempts to sign in follow each other too fast. `seconds` is how long to wait, 1 or more."""

    code = "too_soon"

    def __init__(self, seconds: float = 1, text: str | None = None) -> None:
        self.seconds = max(1, ceil(seconds))
        wait = f"{self.seconds} с" if self.seconds < 100 else f"{ceil(self.seconds / 60)} мин"
        super().__init__(text=text or f"Слишком много неудачных попыток. Следующая — через {wait}.")


class ImportProblem(Refused):
    """A file that cannot be read at all. `text` says what is wrong with it and what to do."""

    code = "import_problem"
    text = "Файл не удалось прочитать. Сохраните его заново в формате XLSX, CSV или XML и повторите."

    def __init__(self, text: str | None = None, *, detail: str = "") -> None:
        super().__init__(text=text, detail=detail)


class BadMessage(ExamError):
    """The message is broken, too long or unknown."""

    code = "bad_message"
    text = "Сообщение не распознано. Обновите страницу."


class Flood(BadMessage):
    """More messages than the limit."""

    code = "flood"
    text = "Слишком много сообщений. Обновите страницу."


class Forbidden(ExamError):
    """This kind of seat, or this seat, may not do that."""

    code = "forbidden"
    text = "Это действие вам недоступно."


class NotFound(ExamError):
    """There is no such thing, or none that this seat may know of."""

    code = "not_found"
    text = "Не найдено. Возможно, данные изменились: обновите страницу."


class LinkProblem(ExamError):
    """A link that opens no seat. What is known of the school is shown, so that the person can call it."""

    TEXTS: ClassVar[dict[LinkProblemKind, str]] = {
        "foreign": "Такой ссылки нет. Проверьте, что вы открыли её целиком.",
        "revoked": "Эта ссылка больше не действует. Попросите в школе новую.",
        "wrong_day": "Эта ссылка для другого дня.",
        "expired": "День экзамена по этой ссылке прошёл.",
        "login": "Войдите по своему логину.",
    }

    def __init__(
        self,
        kind: LinkProblemKind,
        *,
        school: str | None = None,
        phone: str | None = None,
        opens_at: datetime | None = None,
    ) -> None:
        super().__init__(f"link_{kind}", self.TEXTS[kind])
        self.kind = kind
        self.school = school
        self.phone = phone
        self.opens_at = opens_at


class NodeUnavailable(ExamError):
    """No media node can serve the conference now."""

    code = "node_unavailable"
    text = "Связь восстанавливается. Подождите несколько секунд."


class FormProblem(ExamError):
    """A document for printing could not be made; the exam does not depend on it."""

    code = "form"
    text = (
        "Не удалось подготовить документ. Попробуйте ещё раз; не поможет, позовите технического специалиста."
    )


class StoreError(ExamError):
    """The database did not do its work. Nothing of the transaction was kept."""

    code = "store"
    text = "Не удалось сохранить данные. Повторите действие или позовите технического специалиста."


class StoreBusy(StoreError):
    """Another transaction held the database longer than we wait."""

    code = "store_busy"
    text = "База данных занята. Повторите действие."


class StoreFull(StoreError):
    """The disk of the database is full."""

    code = "store_full"
    text = "На сервере кончилось место. Позовите технического специалиста."


class StoreUnavailable(StoreError):
    """The database cannot be reached, read or written."""

    code = "store_unavailable"
    text = "База данных недоступна. Позовите технического специалиста."


HTTP_STATUS: dict[type[ExamError], int] = {
    Refused: 409,
    TooSoon: 429,
    ImportProblem: 400,
    BadMessage: 400,
    Flood: 429,
    Forbidden: 403,
    NotFound: 404,
    LinkProblem: 404,
    NodeUnavailable: 503,
    FormProblem: 503,
    StoreError: 503,
    StoreFull: 507,
    ExamError: 500,
}

LINK_STATUS: dict[LinkProblemKind, int] = {
    "foreign": 404,
    "revoked": 410,
    "wrong_day": 403,
    "expired": 410,
    "login": 403,
}

WEBSOCKET_CLOSE: dict[type[ExamError], int | None] = {
    BadMessage: 4400,
    Flood: 4429,
    LinkProblem: 4003,
    ExamError: None,
}


def http_status(error: ExamError) -> int:
    """The HTTP status that answers this error."""
    if isinstance(error, LinkProblem):
        return LINK_STATUS[error.kind]
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)


def websocket_close(error: ExamError) -> int | None:
    """The code the WebSocket is closed with; None where the command is only answered with `refused`."""
    return next(WEBSOCKET_CLOSE[kind] for kind in type(error).__mro__ if kind in WEBSOCKET_CLOSE)
