"""The border where failures of the database become errors of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.errors import ExamError, Refused, StoreBusy, StoreError, StoreFull, StoreUnavailable

_SQLITE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR: StoreUnavailable,
    sqlite3.SQLITE_READONLY: StoreUnavailable,
    sqlite3.SQLITE_CANTOPEN: StoreUnavailable,
    sqlite3.SQLITE_CORRUPT: StoreUnavailable,
    sqlite3.SQLITE_NOTADB: StoreUnavailable,
}
_POSTGRESQL: dict[str, type[StoreError]] = {
    "53100": StoreFull,
    "40001": StoreBusy,
    "40P01": StoreBusy,
    "55P03": StoreBusy,
    "57014": StoreBusy,
    "53300": StoreBusy,
}
_POSTGRESQL_CLASSES_GONE = ("08", "57", "58", "25", "28", "3D")
"""Connection, operator intervention, system error, read-only, authorization, no such database."""

_CONFERENCE_TAKEN = ("uq_interview_conference", "UNIQUE constraint failed: interview.room_id")


@contextmanager
def translated() -> Iterator[None]:
    """Failures of the database inside leave as errors of ours; mistakes in SQL stay what they are."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreBusy(detail="no free connection") from error
    except DBAPIError as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error


def translate(error: DBAPIError) -> ExamError | None:
    """Our error for a driver's error; None if it is a programming mistake."""
    detail = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
    if isinstance(error, IntegrityError):
        return _broken_rule(detail)
    for cause in _causes(error):
        kind = _kind(cause)
        if kind is not None:
            return kind(detail=detail)
    return StoreUnavailable(detail=detail) if error.connection_invalidated else None


def _broken_rule(detail: str) -> ExamError | None:
    """Two participants in one conference (D-10) is a refusal, whoever was faster; the rest is a mistake."""
    taken = _CONFERENCE_TAKEN[0] in detail or detail.endswith(_CONFERENCE_TAKEN[1])
    return Refused("conference_taken", "В аудитории сейчас другой участник.") if taken else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        if isinstance(cause, DBAPIError) and cause.orig is not None:
            cause = cause.orig
        else:
            cause = cause.__cause__


def _kind(cause: BaseException) -> type[StoreError] | None:
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or (StoreUnavailable if state[:2] in _POSTGRESQL_CLASSES_GONE else None)
    return StoreUnavailable if isinstance(cause, OSError) else None
