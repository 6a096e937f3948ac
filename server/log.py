"""The log is for diagnosis; the legal record is the journal. No names, no documents and no links ever enter the log.

Request, account, seat and room are bound once and stand in every line that is written meanwhile.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request: ContextVar[str] = ContextVar("request", default="-")
_account: ContextVar[str] = ContextVar("account", default="-")
_seat: ContextVar[str] = ContextVar("seat", default="-")
_room: ContextVar[str] = ContextVar("room", default="-")

_TOKEN = re.compile(r"(/j/)[A-Za-z0-9_-]{6,}")
FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request)s account=%(account)s seat=%(seat)s room=%(room)s] %(message)s"


@contextmanager
def bound(
    *,
    request: str | None = None,
    account: int | None = None,
    seat: str | None = None,
    room: int | str | None = None,
) -> Iterator[None]:
    """Binds what is given for the lines written inside, by this task and those it starts."""
    given = [
        (_request, request),
        (_account, None if account is None else str(account)),
        (_seat, seat),
        (_room, None if room is None else str(room)),
    ]
    tokens = [(variable, variable.set(value)) for variable, value in given if value is not None]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


class Context(logging.Filter):
    """Puts the bound ids into each record, and blots out tokens of links wherever they come from."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request, record.account = _request.get(), _account.get()
        record.seat, record.room = _seat.get(), _room.get()
        message = record.getMessage()
        blotted = _TOKEN.sub(r"\1…", message)
        if blotted != message:
            record.msg, record.args = blotted, ()
        return True


class Formatter(logging.Formatter):
    """Tracebacks are blotted too."""

    def format(self, record: logging.LogRecord) -> str:
        return _TOKEN.sub(r"\1…", super().format(record))


def configure(level: int = logging.INFO) -> None:
    """One handler to stderr for everything."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Context())
    handler.setFormatter(Formatter(FORMAT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiosqlite", "sqlalchemy.engine", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
