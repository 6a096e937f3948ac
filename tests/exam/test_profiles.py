"""The four shipped profiles: what each region's order says, and what it leaves out."""

import re
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from scheduling.calendar import WorkingDays
from scheduling.deadlines import ExamDay, deadlines
from scheduling.terms import Bound, Event, Kind, Term
from server import profiles
from server.errors import ProfileGap, http_status
from server.exam import profile_parts
from server.exam.profile import OPTIONAL_PLACES, Profile, value_at
from server.exam.profile_file import ProfileProblem
from server.exam.profile_parts import Category, Ground

TAMBOV, SARATOV, KALUGA, TYVA = "tambov-2026", "saratov-2020", "kaluga-2020", "tyva-2019"
SCHOOL = ZoneInfo("Europe/Moscow")
ALL = (TAMBOV, SARATOV, KALUGA, TYVA)
LOADED = {name: profiles.load(name) for name in ALL}
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "PROFILES.md"


def test_these_four_are_shipped() -> None:
    assert set(profiles.names()) == set(ALL)


DATES = {
    TAMBOV: (2026, ["2026-02-11", "2026-03-11", "2026-04-20"]),
    SARATOV: (2020, ["2020-02-12", "2020-03-11", "2020-05-18"]),
    KALUGA: (2020, ["2020-02-12", "2020-03-11", "2020-05-18"]),
    TYVA: (2019, ["2019-02-13", "2019-03-13", "2019-05-06"]),
}


@pytest.mark.parametrize("name", ALL)
def test_the_dates_are_those_of_the_order(name: str) -> None:
    """C-01."""
    year, expected = DATES[name]
    dates = LOADED[name].dates.schedule().in_year(year, WorkingDays())
    assert [day.isoformat() for day in dates.all] == expected


def test_only_saratov_asks_for_a_working_wednesday_in_february() -> None:
    """C-01."""
    working = {name: rule.working for name in ALL if (rule := LOADED[name].dates.main) is not None}
    assert working == {SARATOV: True, KALUGA: False, TYVA: False}


TERMS: list[tuple[str, Kind, Term | None]] = [
    (TAMBOV, Kind.APPLICATIONS, None),
    (KALUGA, Kind.APPLICATIONS, Term(days=-14)),
    (TYVA, Kind.APPLICATIONS, Term(days=-14)),
    (TAMBOV, Kind.COMMISSIONS, Term(days=-14)),
    (KALUGA, Kind.COMMISSIONS, Term(days=-14)),
    (TYVA, Kind.COMMISSIONS, Term(days=-14)),
    (SARATOV, Kind.COMMISSIONS, Term(working_days=-5)),
    (TAMBOV, Kind.KIM, Term(at=time(7, 30), bound=Bound.NOT_BEFORE)),
    (SARATOV, Kind.KIM, Term(at=time(7, 30), bound=Bound.NOT_BEFORE)),
    (KALUGA, Kind.KIM, Term(at=time(7, 30), bound=Bound.NOT_BEFORE)),
    (TYVA, Kind.KIM, Term(at=time(8))),
    (SARATOV, Kind.CONFERENCE, None),
    (SARATOV, Kind.REPORT, Term(at=time(11), bound=Bound.EXACTLY)),
    (SARATOV, Kind.SUMMARY, Term(at=time(15), bound=Bound.EXACTLY)),
    (TAMBOV, Kind.REPORT, None),
    (TAMBOV, Kind.CHECKING, Term(days=5)),
    (SARATOV, Kind.CHECKING, Term()),
    (KALUGA, Kind.CHECKING, Term(days=5)),
    (TYVA, Kind.CHECKING, Term(days=5)),
    (TAMBOV, Kind.FILES, Term(days=5)),
    (KALUGA, Kind.FILES, Term(since=Event.CHECKING_TERM, working_days=1)),
    (TYVA, Kind.FILES, None),
    (TAMBOV, Kind.RESULTS, Term(days=12)),
    (SARATOV, Kind.RESULTS, Term(since=Event.PROTOCOLS, working_days=1)),
    (KALUGA, Kind.RESULTS, Term(since=Event.CHECKED, working_days=1)),
    (TYVA, Kind.RESULTS, None),
    (TAMBOV, Kind.RECHECK_APPLICATION, Term(since=Event.RESULTS, at=time(18))),
    (SARATOV, Kind.RECHECK_APPLICATION, Term(since=Event.RESULTS, working_days=2)),
    (KALUGA, Kind.RECHECK_APPLICATION, Term(since=Event.RESULTS, working_days=2)),
    (TYVA, Kind.RECHECK_APPLICATION, Term(since=Event.RESULTS, working_days=2)),
    (TAMBOV, Kind.RECHECK, None),
    (SARATOV, Kind.RECHECK, Term(since=Event.APPLICATION, working_days=3)),
    (KALUGA, Kind.RECHECK, Term(since=Event.APPLICATION, working_days=1)),
    (TYVA, Kind.RECHECK, None),
    (SARATOV, Kind.KIM_PAPER, Term(months=1, days=1, bound=Bound.NOT_BEFORE)),
    (TAMBOV, Kind.DESTRUCTION, Term(next_year=(3, 1), bound=Bound.NOT_BEFORE)),
    (SARATOV, Kind.DESTRUCTION, Term(next_year=(3, 1), bound=Bound.NOT_BEFORE)),
    (KALUGA, Kind.DESTRUCTION, None),
    (TYVA, Kind.DESTRUCTION, None),
]


@pytest.mark.parametrize("name, kind, term", TERMS)
def test_a_term_is_that_of_the_order(name: str, kind: Kind, term: Term | None) -> None:
    """C-02, C-03, D-03, D-05, C-05, C-06, C-08, C-09, C-10."""
    assert LOADED[name].terms().get(kind) == term


def test_the_conference_opens_ten_minutes_before_where_there_is_one() -> None:
    """D-05."""
    conference = LOADED[TAMBOV].terms()[Kind.CONFERENCE]
    assert conference == Term(before_start=timedelta(minutes=10), bound=Bound.EXACTLY)


@pytest.mark.parametrize("name", ALL)
def test_the_start_is_nine(name: str) -> None:
    """C-04."""
    assert LOADED[name].start == time(9)


@pytest.mark.parametrize("name", ALL)
def test_every_profile_yields_the_deadlines_of_its_days(name: str) -> None:
    profile = LOADED[name]
    for day in profile.dates.schedule().in_year(profile.about.year, WorkingDays()).all:
        made = deadlines(ExamDay(day, profile.start, SCHOOL, WorkingDays()), profile.terms())
        assert {one.kind for one in made} == profile.terms().keys() | {Kind.START}


@pytest.mark.parametrize("name, known", [(TAMBOV, None), (SARATOV, SARATOV), (KALUGA, None), (TYVA, TYVA)])
def test_criteria_are_named_where_the_order_prints_them(name: str, known: str | None) -> None:
    assert LOADED[name].scoring.criteria == known


@pytest.mark.parametrize("name", [KALUGA, TYVA])
def test_a_region_without_a_scale_says_so(name: str) -> None:
    with pytest.raises(ProfileGap, match="scale") as caught:
        LOADED[name].row(Category.ASD)
    assert "министерство" in caught.value.text
    assert http_status(caught.value) == 409


SARATOV_SCALE = {
    Category.DEAF_SIGN: (10, 5, 9), Category.DEAF: (10, 5, 9), Category.HARD_OF_HEARING: (10, 5, 9),
    Category.BLIND_BRAILLE: (19, 9, 18), Category.BLIND: (9, 5, 9), Category.WEAK_SIGHT: (19, 9, 18),
    Category.SPEECH: (9, 5, 8), Category.MOTOR: (20, 10, 19), Category.ASD: (5, 3, 5),
    Category.MENTAL_DELAY: (9, 5, 8), Category.OTHER: (20, 10, 19), Category.NO_ORAL_SPEECH: (9, 5, 8),
}  # fmt: skip
TAMBOV_SCALE = {
    Category.DEAF_SIGN: (10, 5), Category.DEAF: (10, 5), Category.HARD_OF_HEARING: (10, 5),
    Category.BLIND_BRAILLE: (19, 9), Category.BLIND: (12, 6), Category.WEAK_SIGHT: (19, 9), Category.SPEECH: (10, 5),
    Category.MOTOR: (20, 10), Category.ASD: (7, 3), Category.MENTAL_DELAY: (11, 5), Category.OTHER: (20, 10),
}  # fmt: skip


def test_the_scale_of_saratov_is_that_of_its_appendix() -> None:
    """Максимум, минимум and the number of criteria; П1 has two points and every other one, which must add up."""
    for category, (most, least, count) in SARATOV_SCALE.items():
        row = LOADED[SARATOV].row(category)
        assert (row.maximum, row.minimum, len(row.criteria)) == (most, least, count)
        assert sum(2 if criterion == "П1" else 1 for criterion in row.criteria) == most
    assert LOADED[SARATOV].row(Category.MOTOR_WITH_OTHER).as_other


def test_the_scale_of_tambov_is_that_of_its_appendix() -> None:
    """S-04: which criteria are scored is the PMPK's recommendation."""
    scale = LOADED[TAMBOV].scale
    assert scale is not None
    found = {row.category: (row.maximum, row.minimum) for row in scale.rows if not row.as_other}
    assert found == TAMBOV_SCALE
    assert scale.criteria_by == "pmpk"
    assert not any(row.criteria for row in scale.rows)


def test_a_category_that_the_scale_does_not_have_is_asked_of_the_region() -> None:
    with pytest.raises(ProfileGap):
        LOADED[TAMBOV].row(Category.NO_ORAL_SPEECH)


@pytest.mark.parametrize(
    "name, notes, drafts",
    [
        (TAMBOV, "preparation", "ovz_written"),
        (SARATOV, "task_2", "ovz_written"),
        (KALUGA, None, None),
        (TYVA, "never", "never"),
    ],
)
def test_notes_and_drafts(name: str, notes: str | None, drafts: str | None) -> None:
    """D-20."""
    assert (LOADED[name].notes.notes, LOADED[name].notes.drafts) == (notes, drafts)


def test_only_tambov_knows_the_distance_form() -> None:
    """D-01: with its four grounds."""
    assert LOADED[TAMBOV].distance.grounds == tuple(Ground)
    assert [LOADED[name].distance.grounds for name in (SARATOV, KALUGA, TYVA)] == [None] * 3


def test_only_saratov_prints_the_instruction() -> None:
    """D-15: word for word from «Уважаемые участники» to «Желаем удачи!», without the comments."""
    profile = LOADED[SARATOV]
    text = profile.known(profile.instruction.text, "instruction.text").strip()
    assert text.startswith("Уважаемые участники")
    assert text.endswith("Желаем удачи!")
    assert "Сделать паузу" not in text
    assert all(LOADED[name].instruction.editable for name in ALL)
    assert [LOADED[name].instruction.text for name in (TAMBOV, KALUGA, TYVA)] == [None] * 3


@pytest.mark.parametrize(
    "name, codes",
    [
        (
            SARATOV,
            {"ИС-01", "ИС-02", "ИС-03", "ИС-04", "ИС-06-01", "ИС-08", "ИС-10", "1А", "СФ-1", "НЗ", "О-11"},
        ),
        (TAMBOV, set()),
        (KALUGA, set()),
        (TYVA, {"БЛАНК"}),
    ],
)
def test_forms_with_a_published_layout(name: str, codes: set[str]) -> None:
    assert {form.code for form in LOADED[name].forms if form.layout == "printed"} == codes


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("place", OPTIONAL_PLACES)
def test_what_is_not_given_raises_its_sentence(name: str, place: str) -> None:
    """Nothing is invented: a value, or a plain sentence for the organizer."""
    profile = LOADED[name]
    value = value_at(profile, place)
    if value is not None:
        assert profile.known(value, place) == value
        return
    with pytest.raises(ProfileGap) as caught:
        profile.known(value, place)
    assert caught.value.place == place
    assert caught.value.text in {*profile.missing.values(), *profile.not_required.values()}
    assert re.search(r"[А-Яа-я]\.$", caught.value.text)


def test_missing_terms_are_told_by_kind() -> None:
    assert set(LOADED[TYVA].missing_terms()) == {
        Kind.FILES, Kind.RESULTS, Kind.RECHECK, Kind.RECHECK_TOLD, Kind.KIM_PAPER, Kind.DESTRUCTION
    }  # fmt: skip


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        LOADED[TAMBOV].exam.ovz_more = 0  # type: ignore[misc]


def parts() -> list[type[msgspec.Struct]]:
    found = [value for value in vars(profile_parts).values() if isinstance(value, type)]
    return [
        Profile,
        *(kind for kind in found if issubclass(kind, msgspec.Struct) and kind is not profile_parts.Part),
    ]


@pytest.mark.parametrize("part", parts())
def test_every_key_is_documented(part: type[msgspec.Struct]) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [field.name for field in msgspec.structs.fields(part) if f"`{field.name}`" not in text] == []


def test_a_region_adds_its_own_beside_the_shipped(tmp_path: Path) -> None:
    text = (profiles.SHIPPED / f"{TAMBOV}.toml").read_text(encoding="utf-8")
    (tmp_path / "penza-2026.toml").write_text(text.replace('"tambov-2026"', '"penza-2026"'), encoding="utf-8")
    folders = (profiles.SHIPPED, tmp_path)
    assert profiles.load("penza-2026", folders).about.id == "penza-2026"
    assert profiles.load(TAMBOV, folders) == LOADED[TAMBOV]


@pytest.mark.parametrize(
    "content, what",
    [
        (b'\xef\xbb\xbf[about]\nid = "penza-2026"', "строка 1: не хватает"),
        ("[about]\nregion = 'Пенза'".encode("cp1251"), "строка 2: файл сохранён не в UTF-8"),
        ((profiles.SHIPPED / f"{TAMBOV}.toml").read_bytes(), "не совпадает с именем файла"),
        (b"#" * (profiles.LARGEST + 1), "слишком велик"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "penza-2026.toml").write_bytes(content)
    with pytest.raises(ProfileProblem, match=what):
        profiles.load("penza-2026", [tmp_path])


def test_an_unknown_or_doubled_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileProblem, match="такого профиля нет"):
        profiles.load("../tambov-2026")
    (tmp_path / f"{TAMBOV}.toml").write_bytes((profiles.SHIPPED / f"{TAMBOV}.toml").read_bytes())
    with pytest.raises(ProfileProblem, match="в двух папках"):
        profiles.load(TAMBOV, [profiles.SHIPPED, tmp_path])
    with pytest.raises(ProfileProblem, match="не прочитать"):
        profiles.read(tmp_path / "none.toml")


def test_printed_dates_of_saratov_have_a_last_day_in_each_list() -> None:
    """C-02, C-08."""
    days = {date(2020, 2, 12), date(2020, 3, 11), date(2020, 5, 18)}
    for term in (LOADED[SARATOV].deadlines.applications, LOADED[SARATOV].deadlines.files):
        assert term is not None
        assert set(term.listed) == days
