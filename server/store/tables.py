"""The tables. Everything outside `server.store` sees the frozen values of `records` instead."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .types import JsonObject, LongText, Moment, SeatId, ShortText


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class School(Base):
    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[ShortText] = mapped_column(unique=True)
    name: Mapped[LongText]
    phone: Mapped[ShortText]
    timezone: Mapped[ShortText]


class ExamDay(Base):
    __tablename__ = "exam_day"
    __table_args__ = (UniqueConstraint("school_id", "date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    date: Mapped[date]
    """The date at the school."""
    opens_at: Mapped[Moment]
    starts_at: Mapped[Moment]
    closes_at: Mapped[Moment]


class Room(Base):
    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("day_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"))
    number: Mapped[ShortText]
    title: Mapped[ShortText]


class Seat(Base):
    """A link's row. The id is not secret; the link's secret part is computed from it, never stored."""

    __tablename__ = "seat"

    id: Mapped[SeatId] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), index=True)
    """NULL for the kinds that belong to the whole day."""
    kind: Mapped[ShortText]
    last_name: Mapped[ShortText]
    first_name: Mapped[ShortText]
    patronymic: Mapped[ShortText]
    revoked_at: Mapped[Moment | None]
    created_at: Mapped[Moment]


class Interview(Base):
    """The last two constraints hold D-10 and D-11 even against a mistake in the code above them."""

    __tablename__ = "interview"
    __table_args__ = (
        UniqueConstraint("room_id", "order"),
        Index(
            "uq_interview_conference",
            "room_id",
            unique=True,
            sqlite_where=text("state IN ('admitted', 'exam')"),
            postgresql_where=text("state IN ('admitted', 'exam')"),
        ),
        CheckConstraint(
            "NOT (was_over_after_conference AND state IN ('invited', 'testing', 'waiting'))",
            name="never_again",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    seat_id: Mapped[SeatId] = mapped_column(ForeignKey("seat.id"), unique=True)
    assistant_seat_id: Mapped[SeatId | None] = mapped_column(ForeignKey("seat.id"), unique=True)
    order: Mapped[int]
    state: Mapped[ShortText]
    class_label: Mapped[ShortText]
    ovz: Mapped[bool]
    planned_at: Mapped[Moment | None]
    before_exit: Mapped[ShortText | None]
    was_over_after_conference: Mapped[bool]
    waiting_since: Mapped[Moment | None]
    sent_back_at: Mapped[Moment | None]
    admitted_at: Mapped[Moment | None]
    begun_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    informed_at: Mapped[Moment | None]
    informed_agreed: Mapped[bool | None]
    device_report: Mapped[JsonObject | None]
    verdict: Mapped[JsonObject | None]


class RecordingPart(Base):
    __tablename__ = "recording_part"
    __table_args__ = (UniqueConstraint("interview_id", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id"))
    part: Mapped[int]
    node: Mapped[ShortText]
    stem: Mapped[ShortText]
    started_at: Mapped[Moment]


class StaffNote(Base):
    __tablename__ = "staff_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), index=True)
    seat_id: Mapped[SeatId] = mapped_column(ForeignKey("seat.id"))
    at: Mapped[Moment]
    text: Mapped[LongText]
    call_to: Mapped[ShortText | None]


class Journal(Base):
    """The legal record: rows are added only; triggers refuse the rest.

    No foreign keys, so that the journal outlives the personal data erased at the end of its keeping (C-09).
    """

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_interview_id_event", "interview_id", "event"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    day_id: Mapped[int | None] = mapped_column(index=True)
    room_id: Mapped[int | None]
    interview_id: Mapped[int | None]
    seat_id: Mapped[SeatId | None]
    event: Mapped[ShortText]
    data: Mapped[JsonObject | None]


class Setting(Base):
    __tablename__ = "setting"

    key: Mapped[ShortText] = mapped_column(primary_key=True)
    value: Mapped[LongText]
