"""The first tables: school, day, rooms, seats, interviews, recordings, notes, journal, settings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IN_CONFERENCE = sa.text("state IN ('admitted', 'exam')")

SQLITE_APPEND_ONLY = (
    """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    # INSERT OR REPLACE deletes without the trigger above.
    """CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal
       WHEN EXISTS (SELECT 1 FROM journal WHERE id = NEW.id)
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
)
POSTGRESQL_APPEND_ONLY = (
    """CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""",
    """CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal
       FOR EACH ROW EXECUTE FUNCTION journal_append_only()""",
    """CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
       FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()""",
)


def upgrade() -> None:
    create_school()
    create_people()
    create_interviews()
    create_journal()


def create_school() -> None:
    op.create_table(
        "school",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_school"),
        sa.UniqueConstraint("code", name="uq_school_code"),
    )
    op.create_table(
        "exam_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("opens_at", MOMENT, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_exam_day_school_id"),
        sa.PrimaryKeyConstraint("id", name="pk_exam_day"),
        sa.UniqueConstraint("school_id", "date", name="uq_exam_day_school_id_date"),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["day_id"], ["exam_day.id"], name="fk_room_day_id"),
        sa.PrimaryKeyConstraint("id", name="pk_room"),
        sa.UniqueConstraint("day_id", "number", name="uq_room_day_id_number"),
    )


def create_people() -> None:
    op.create_table(
        "seat",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("last_name", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=False),
        sa.Column("patronymic", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["day_id"], ["exam_day.id"], name="fk_seat_day_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_seat_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_seat"),
    )
    op.create_index("ix_seat_day_id", "seat", ["day_id"], unique=False)
    op.create_index("ix_seat_room_id", "seat", ["room_id"], unique=False)


def create_interviews() -> None:
    op.create_table(
        "interview",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.String(length=12), nullable=False),
        sa.Column("assistant_seat_id", sa.String(length=12), nullable=True),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=200), nullable=False),
        sa.Column("class_label", sa.String(length=200), nullable=False),
        sa.Column("ovz", sa.Boolean(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=True),
        sa.Column("before_exit", sa.String(length=200), nullable=True),
        sa.Column("was_over_after_conference", sa.Boolean(), nullable=False),
        sa.Column("waiting_since", MOMENT, nullable=True),
        sa.Column("sent_back_at", MOMENT, nullable=True),
        sa.Column("admitted_at", MOMENT, nullable=True),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("informed_at", MOMENT, nullable=True),
        sa.Column("informed_agreed", sa.Boolean(), nullable=True),
        sa.Column("device_report", JSON, nullable=True),
        sa.Column("verdict", JSON, nullable=True),
        sa.CheckConstraint(
            "NOT (was_over_after_conference AND state IN ('invited', 'testing', 'waiting'))",
            name="ck_interview_never_again",
        ),
        sa.ForeignKeyConstraint(["assistant_seat_id"], ["seat.id"], name="fk_interview_assistant_seat_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_interview_room_id"),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_interview_seat_id"),
        sa.PrimaryKeyConstraint("id", name="pk_interview"),
        sa.UniqueConstraint("assistant_seat_id", name="uq_interview_assistant_seat_id"),
        sa.UniqueConstraint("room_id", "order", name="uq_interview_room_id_order"),
        sa.UniqueConstraint("seat_id", name="uq_interview_seat_id"),
    )
    op.create_index(
        "uq_interview_conference",
        "interview",
        ["room_id"],
        unique=True,
        sqlite_where=IN_CONFERENCE,
        postgresql_where=IN_CONFERENCE,
    )
    op.create_table(
        "recording_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("stem", sa.String(length=200), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"], name="fk_recording_part_interview_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recording_part"),
        sa.UniqueConstraint("interview_id", "part", name="uq_recording_part_interview_id_part"),
    )
    op.create_table(
        "staff_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.String(length=12), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("call_to", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_staff_note_room_id"),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_staff_note_seat_id"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_note"),
    )
    op.create_index("ix_staff_note_room_id", "staff_note", ["room_id"], unique=False)


def create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("interview_id", sa.Integer(), nullable=True),
        sa.Column("seat_id", sa.String(length=12), nullable=True),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("data", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_day_id", "journal", ["day_id"], unique=False)
    op.create_index("ix_journal_interview_id_event", "journal", ["interview_id", "event"], unique=False)
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_setting"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_APPEND_ONLY if sqlite else POSTGRESQL_APPEND_ONLY:
        op.execute(statement)
