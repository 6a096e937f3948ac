"""People of the school, accounts of the staff, commissions, who sits on which day; what days, rooms and seats gain."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ADDED = (
    ("school", "municipality_id", "INTEGER", "municipality"),
    ("school", "profile", "VARCHAR(200)", None),
    ("school", "address", "TEXT", None),
    ("school", "chosen_scheme", "INTEGER", None),
    ("exam_day", "conference_opened_at", "MOMENT", None),
    ("exam_day", "plan_settings", "JSON", None),
    ("room", "closed_at", "MOMENT", None),
    ("seat", "participant_id", "INTEGER", "participant"),
    ("seat", "person_id", "INTEGER", "person"),
    ("seat", "by_link", "BOOLEAN NOT NULL DEFAULT TRUE", None),
    ("seat", "link_number", "INTEGER NOT NULL DEFAULT 0", None),
    ("interview", "planned_minutes", "INTEGER", None),
    ("interview", "scheme", "INTEGER NOT NULL DEFAULT 1", None),
)
"""Table, column, type, and the table it refers to."""


def upgrade() -> None:
    create_people()
    add_columns()
    create_access()
    create_day()


def add_columns() -> None:
    """In plain SQL: Alembic rebuilds a table of SQLite for a reference, and others refer to these tables."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    types = {
        "MOMENT": "DATETIME" if sqlite else "TIMESTAMP WITH TIME ZONE",
        "JSON": "JSON" if sqlite else "JSONB",
    }
    for table, column, kind, referred in ADDED:
        reference = f" CONSTRAINT fk_{table}_{column} REFERENCES {referred} (id)" if referred else ""
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {types.get(kind, kind)}{reference}")
    for column in ("participant_id", "person_id"):
        op.create_index(f"ix_seat_{column}", "seat", [column], unique=False)


def create_people() -> None:
    op.create_table(
        "municipality",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_municipality"),
        sa.UniqueConstraint("code", name="uq_municipality_code"),
    )
    op.create_table(
        "calendar_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_calendar_correction_school_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_correction"),
        sa.UniqueConstraint("school_id", "date", name="uq_calendar_correction_school_id_date"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("last_name", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=False),
        sa.Column("patronymic", sa.String(length=200), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("workplace", sa.Text(), nullable=False),
        sa.Column("employed", sa.Boolean(), nullable=False),
        sa.Column("qualifications", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_person_school_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_school_id", "person", ["school_id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("last_name", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=False),
        sa.Column("patronymic", sa.String(length=200), nullable=False),
        sa.Column("class_label", sa.String(length=200), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("document_kind", sa.String(length=200), nullable=True),
        sa.Column("document_series", sa.String(length=200), nullable=True),
        sa.Column("document_number", sa.String(length=200), nullable=True),
        sa.Column("form", sa.String(length=200), nullable=False),
        sa.Column("ground", sa.String(length=200), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=200), nullable=True),
        sa.Column("accompanying", sa.String(length=200), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("pmpk", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("family", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("familiar_examiner_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["familiar_examiner_id"], ["person.id"], name="fk_participant_familiar_examiner_id"
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_participant_school_id"),
        sa.PrimaryKeyConstraint("id", name="pk_participant"),
    )
    op.create_index(
        "ix_participant_school_id_last_name", "participant", ["school_id", "last_name"], unique=False
    )
    op.create_index(
        "uq_participant_number",
        "participant",
        ["school_id", "number"],
        unique=True,
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
    )
    op.create_table(
        "kinship",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_kinship_participant_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_kinship_person_id"),
        sa.PrimaryKeyConstraint("person_id", "participant_id", name="pk_kinship"),
    )
    op.create_table(
        "past_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name="fk_past_outcome_participant_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_past_outcome"),
        sa.UniqueConstraint("participant_id", "date", name="uq_past_outcome_participant_id_date"),
    )
    op.create_table(
        "representative",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("last_name", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=False),
        sa.Column("patronymic", sa.String(length=200), nullable=False),
        sa.Column("relation", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name="fk_representative_participant_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_representative"),
    )
    op.create_index("ix_representative_participant_id", "representative", ["participant_id"], unique=False)


def create_access() -> None:
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_throttle"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("standing", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.String(length=200), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
        sa.UniqueConstraint("person_id", name="uq_account_person_id"),
    )
    op.create_table(
        "login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_login_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_login"),
        sa.UniqueConstraint("digest", name="uq_login_digest"),
    )
    op.create_index("ix_login_account_id", "login", ["account_id"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_one_time_code_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_code"),
        sa.UniqueConstraint("digest", name="uq_one_time_code_digest"),
    )
    op.create_index("ix_one_time_code_account_id", "one_time_code", ["account_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_passkey_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential", name="uq_passkey_credential"),
    )
    op.create_index("ix_passkey_account_id", "passkey", ["account_id"], unique=False)


def create_day() -> None:
    op.create_table(
        "commission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("order_number", sa.String(length=200), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["day_id"], ["exam_day.id"], name="fk_commission_day_id"),
        sa.PrimaryKeyConstraint("id", name="pk_commission"),
        sa.UniqueConstraint("day_id", "kind", name="uq_commission_day_id_kind"),
    )
    op.create_table(
        "deadline_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("marked_at", MOMENT, nullable=False),
        sa.Column("marked_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["day_id"], ["exam_day.id"], name="fk_deadline_mark_day_id"),
        sa.ForeignKeyConstraint(["marked_by"], ["person.id"], name="fk_deadline_mark_marked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_deadline_mark"),
        sa.UniqueConstraint("day_id", "kind", name="uq_deadline_mark_day_id_kind"),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("seat_id", sa.String(length=12), nullable=True),
        sa.Column("away_from", MOMENT, nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["day_id"], ["exam_day.id"], name="fk_member_day_id"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_member_participant_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_member_person_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_member_room_id"),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_member_seat_id"),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
        sa.UniqueConstraint(
            "day_id",
            "person_id",
            "role",
            "participant_id",
            name="uq_member_day_id_person_id_role_participant_id",
        ),
        sa.UniqueConstraint("seat_id", name="uq_member_seat_id"),
    )
    op.create_index("ix_member_person_id", "member", ["person_id"], unique=False)
    op.create_table(
        "sitting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.String(length=12), nullable=True),
        sa.Column("absent_at", MOMENT, nullable=True),
        sa.Column("absent_by", sa.String(length=200), nullable=True),
        sa.Column("absent_reason", sa.Text(), nullable=True),
        sa.Column("absent_valid", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["day_id"], ["exam_day.id"], name="fk_sitting_day_id"),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name="fk_sitting_participant_id"),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name="fk_sitting_seat_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sitting"),
        sa.UniqueConstraint("day_id", "participant_id", name="uq_sitting_day_id_participant_id"),
        sa.UniqueConstraint("seat_id", name="uq_sitting_seat_id"),
    )
    op.create_index("ix_sitting_participant_id", "sitting", ["participant_id"], unique=False)
