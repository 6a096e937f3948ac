"""The tables. Everything outside `server.store` sees the frozen values of `records` instead."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .types import Bytes, JsonObject, LongText, Moment, SeatId, ShortText


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


class Municipality(Base):
    __tablename__ = "municipality"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[ShortText] = mapped_column(unique=True)
    name: Mapped[LongText]


class School(Base):
    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[ShortText] = mapped_column(unique=True)
    name: Mapped[LongText]
    phone: Mapped[ShortText]
    timezone: Mapped[ShortText]
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    profile: Mapped[ShortText | None]
    """The id of the region's profile; NULL until one is chosen."""
    address: Mapped[LongText | None]
    chosen_scheme: Mapped[int | None]
    """1 or 2, where the profile leaves the scheme to the school (D-21)."""


class CalendarCorrection(Base):
    """A day off or a working day that the published calendar does not know; of one school, or of all."""

    __tablename__ = "calendar_correction"
    __table_args__ = (UniqueConstraint("school_id", "date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    date: Mapped[date]
    working: Mapped[bool]
    note: Mapped[LongText]


class Person(Base):
    """Somebody who works at exams. Without a school: from elsewhere, as officials and observers are."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"), index=True)
    """The school that keeps this card; NULL for the operator of the server."""
    last_name: Mapped[ShortText]
    first_name: Mapped[ShortText]
    patronymic: Mapped[ShortText]
    position: Mapped[ShortText]
    workplace: Mapped[LongText]
    employed: Mapped[bool]
    qualifications: Mapped[ShortText]
    """Sorted values of `Qualification`, with spaces."""
    phone: Mapped[ShortText]
    email: Mapped[ShortText]
    archived_at: Mapped[Moment | None]


class Participant(Base):
    __tablename__ = "participant"
    __table_args__ = (
        Index(
            "uq_participant_number",
            "school_id",
            "number",
            unique=True,
            sqlite_where=text("number <> ''"),
            postgresql_where=text("number <> ''"),
        ),
        Index("ix_participant_school_id_last_name", "school_id", "last_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[ShortText]
    last_name: Mapped[ShortText]
    first_name: Mapped[ShortText]
    patronymic: Mapped[ShortText]
    class_label: Mapped[ShortText]
    birth_date: Mapped[date | None]
    document_kind: Mapped[ShortText | None]
    document_series: Mapped[ShortText | None]
    document_number: Mapped[ShortText | None]
    form: Mapped[ShortText]
    ground: Mapped[ShortText | None]
    place: Mapped[ShortText]
    category: Mapped[ShortText | None]
    accompanying: Mapped[ShortText | None]
    disabled: Mapped[bool]
    pmpk: Mapped[LongText]
    answer: Mapped[ShortText]
    break_minutes: Mapped[int]
    applied_on: Mapped[date | None]
    consent_on: Mapped[date | None]
    family: Mapped[ShortText]
    note: Mapped[LongText]
    familiar_examiner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The examiner a participant with ASD knows (Saratov 7.4)."""
    changed_at: Mapped[Moment]
    archived_at: Mapped[Moment | None]


class Representative(Base):
    __tablename__ = "representative"

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    last_name: Mapped[ShortText]
    first_name: Mapped[ShortText]
    patronymic: Mapped[ShortText]
    relation: Mapped[ShortText]
    phone: Mapped[ShortText]
    email: Mapped[ShortText]


class Kinship(Base):
    """A person of the staff who is a participant's parent: neither an expert nor an observer then."""

    __tablename__ = "kinship"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)


class PastOutcome(Base):
    """How an earlier day of the school year ended for a participant (C-07)."""

    __tablename__ = "past_outcome"
    __table_args__ = (UniqueConstraint("participant_id", "date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    date: Mapped[date]
    outcome: Mapped[ShortText]


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
    conference_opened_at: Mapped[Moment | None]
    """When the technical specialist opened the conference (D-05)."""
    plan_settings: Mapped[JsonObject | None]
    """How the day is planned; `scheduling.plan.Habits` as plain JSON."""


class DeadlineMark(Base):
    """A deadline of the day that somebody says is met."""

    __tablename__ = "deadline_mark"
    __table_args__ = (UniqueConstraint("day_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"))
    kind: Mapped[ShortText]
    happened_on: Mapped[date]
    marked_at: Mapped[Moment]
    marked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Commission(Base):
    """The order by which the commission of the day was approved (C-03)."""

    __tablename__ = "commission"
    __table_args__ = (UniqueConstraint("day_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"))
    kind: Mapped[ShortText]
    """conducting or checking."""
    order_number: Mapped[ShortText]
    approved_on: Mapped[date]


class Room(Base):
    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("day_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"))
    number: Mapped[ShortText]
    title: Mapped[ShortText]
    closed_at: Mapped[Moment | None]
    """The room was lost: nothing is planned in it any more."""


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
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    by_link: Mapped[bool]
    """Opened by its link alone; a seat of the staff is otherwise opened by signing in."""
    link_number: Mapped[int]
    """How often the link was replaced; older ones are no longer valid."""


class Sitting(Base):
    """A participant on a day: the row of ИС-01. The seat comes with the first plan."""

    __tablename__ = "sitting"
    __table_args__ = (UniqueConstraint("day_id", "participant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    seat_id: Mapped[SeatId | None] = mapped_column(ForeignKey("seat.id"), unique=True)
    absent_at: Mapped[Moment | None]
    """«Н», set by a person (D-25)."""
    absent_by: Mapped[ShortText | None]
    absent_reason: Mapped[LongText | None]
    absent_valid: Mapped[bool | None]
    """Whether a valid reason is documented; NULL: not known yet."""


class Member(Base):
    """A member of the day's commission: one person in one role."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("day_id", "person_id", "role", "participant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("exam_day.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[ShortText]
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    """Whom an assistant helps."""
    seat_id: Mapped[SeatId | None] = mapped_column(ForeignKey("seat.id"), unique=True)
    away_from: Mapped[Moment | None]
    """Fell ill or left: nothing is planned for this member from then on."""
    arrived_at: Mapped[Moment | None]
    """Marked present on the day."""


class Account(Base):
    """How a person of the staff signs in. Rights come from the commissions; `standing` is the only lasting one."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    login: Mapped[ShortText] = mapped_column(unique=True)
    standing: Mapped[ShortText | None]
    """organizer: of the person's school, operator: of the whole server."""
    password_hash: Mapped[LongText | None]
    totp_secret: Mapped[ShortText | None]
    totp_step: Mapped[int | None]
    """The last time step a code was used of: none is used twice."""
    disabled_at: Mapped[Moment | None]
    created_at: Mapped[Moment]


class Passkey(Base):
    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    credential: Mapped[LongText] = mapped_column(unique=True)
    """The credential's id, base64url."""
    public_key: Mapped[Bytes]
    sign_count: Mapped[int]
    title: Mapped[ShortText]
    created_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class OneTimeCode(Base):
    """A printed code: only its digest is here."""

    __tablename__ = "one_time_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[ShortText]
    """invitation, reset or second_factor."""
    digest: Mapped[ShortText] = mapped_column(unique=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class Login(Base):
    """A signed-in browser. The cookie holds the token, the row only its digest."""

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[ShortText] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    complete: Mapped[bool]
    """Both factors were given."""
    agent: Mapped[ShortText]
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]


class Throttle(Base):
    """Failed attempts by who made them and at what; old rows are deleted."""

    __tablename__ = "throttle"

    key: Mapped[ShortText] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[Moment]


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
    planned_minutes: Mapped[int | None]
    scheme: Mapped[int]
    """2: scored from the record, without an expert (D-21)."""
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
