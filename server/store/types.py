"""Column types with a meaning, used as annotations."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

SEAT_ID_LENGTH = 12


class TZDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; a naive one is a mistake of the caller and is refused.

    SQLite knows no time zones: there the UTC time is kept without one and given back with it.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone is never stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json: TypeEngine[Any] = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

JsonDict = dict[str, Any]
Moment = Annotated[datetime, mapped_column(TZDateTime())]
SeatId = Annotated[str, mapped_column(String(SEAT_ID_LENGTH))]
ShortText = Annotated[str, mapped_column(String(200))]
LongText = Annotated[str, mapped_column(Text)]
JsonObject = Annotated[JsonDict, mapped_column(Json)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
