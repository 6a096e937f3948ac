"""Reading a profile: every mistake is refused with its file, its line and Russian words; nothing else is raised."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import profiles
from server.exam.profile_file import Mistake, ProfileProblem, parse
from server.exam.toml_lines import KeyPath, lines_of

GOOD = (profiles.SHIPPED / "tambov-2026.toml").read_text(encoding="utf-8")
SARATOV = (profiles.SHIPPED / "saratov-2020.toml").read_text(encoding="utf-8")


def broken(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


def problem(text: str) -> ProfileProblem:
    with pytest.raises(ProfileProblem) as caught:
        parse(text, "x.toml")
    return caught.value


def mistakes_of(text: str) -> tuple[Mistake, ...]:
    try:
        parse(text, "x.toml")
    except ProfileProblem as said:
        return said.mistakes
    return ()


def line_of(part: str, text: str) -> int:
    return text[: text.index(part)].count("\n") + 1


SECOND_DEAF = '[[scale.rows]]\ncategory = "deaf"\ntitle = "Участники с расст'
MISTAKES = [
    ("ovz_more = 30", "ovz_more = 30\nlunch = 1", "lunch", "неизвестный ключ «lunch»"),
    ("ovz_more = 30", 'ovz_more = "30"', "ovz_more", "должно быть: целое число; стоит: текст в кавычках"),
    ("ovz_more = 30", "ovz_more = true", "ovz_more", "должно быть: целое число; стоит: true или false"),
    ("ovz_more = 30", "ovz_more = 500", "ovz_more", "можно не больше 120"),
    ('start = "09:00"', 'start = "9:00"', "start = ", "не в том виде"),
    ('start = "09:00"', "start = 09:00", "start = ", "время"),
    ("editable = true", "editable = 1", "editable", "должно быть: true или false; стоит: целое число"),
    ('right = "repeated_fail"', 'right = "always"', "right = ", "недопустимое значение 'always'"),
    ('category = "asd"', 'category = "deaf"', SECOND_DEAF, "второй раз"),
    ("minimum = 9", "minimum = 29", "[[scale.rows]]\ncategory = \"blind_braille\"", "минимум 29"),
    ("minimum = 9\n", "", "[[scale.rows]]\ncategory = \"blind_braille\"", "нужны и maximum, и minimum"),
    ("as_other = true", "as_other = true\nmaximum = 3", '[[scale.rows]]\ncategory = "motor_with_other"', "сопутств"),
    ('criteria_by = "pmpk"', 'criteria_by = "scale"', "[[scale.rows]]", "называет шкала"),
    ("[2026-02-11, 2026-03-11,", "[2026-03-11, 2026-02-11,", "listed", "по порядку"),
    ("2026-04-20]", "2027-04-20]", "listed", "20.04.2027 не в 2026 году"),
    ("2026-04-20]", "2026-04-31]", "listed", "дат"),
    ("2026-04-20]", "20]", "listed", "должно быть: дата"),
    ('listed = [2026-02-11, 2026-03-11, 2026-04-20]', "", "[dates]", "нужно одно из двух"),
    ('days = -14', "days = 14", "commissions = ", "до дня собеседования"),
    ('at = "07:30"', 'at = "10:00"', "kim = ", "позже начала собеседования"),
    ('at = "07:30"', 'at = "07:30", days = 1', "kim = ", "нужны только часы"),
    ("minutes_before_start = 10", "minutes_before_start = 10, at = \"08:50\"", "conference = ", "не сочетается"),
    ("days = 12", "days = 12, working_days = 1", "results = ", "двумя способами"),
    ("days = 12", "days = -12", "results = ", "после собеседования"),
    ('days = 12', 'days = 12, since = "recheck"', "results = ", "недопустимое значение 'recheck'"),
    ('days = 12', 'days = 12, since = "rechecked"', "results = ", "бывает позже"),
    ('next_year = "01.03"', 'next_year = "31.04"', "destruction = ", "такого дня в году нет"),
    ('choice = "rule"', 'choice = "school"', "[[scheme.second]]", "школа выбирает схему сама"),
    ('category = "asd"\nreason', "reason", "[[scheme.second]]", "для кого вторая схема"),
    ('code = "ИС-02"', 'code = "ИС-01"', '[[forms]]\ncode = "ИС-01"\ntitle = "Ведомость', "второй раз"),
    ("[retake]", "[retake]\nmost = 2", '"retake.most"', "задано, значит, здесь его быть не должно"),
    ('"retake.removed" = ', '"retake.deleted" = ', '"retake.deleted"', "не место профиля"),
    ('"exam.per_hour" = ', '"exam.minutes" = ', '"exam.minutes" = "Порядок не', "и недостающим, и ненужным"),
    ("kim = {", "# kim = {", "[deadlines]", "нет «deadlines.kim»"),
    ('final = true\n', "", "[recheck]", "нет «recheck.final»"),
    ("[retake]\n", "", "", "не хватает ключа «retake»"),
    ("[retake]\n", "[retake]\n[retake]\n", "", "раздел объявлен второй раз"),
    ("ovz_more = 30", "ovz_more = 30\novz_more = 30", "", "ключ задан второй раз"),
    ('region = "Тамбовская область"', 'region = "Тамбовская область', "region = ", "недопустимый знак"),
    ('region = "Тамбовская область"', 'регион = "Тамбовская область"', "регион = ", "имя ключа пишут латиницей"),
    ('id = "tambov-2026"', 'id = "Тамбов"', "id = ", "не в том виде"),
]  # fmt: skip


@pytest.mark.parametrize("old, new, at, what", MISTAKES)
def test_a_mistake_is_told_with_its_line(old: str, new: str, at: str, what: str) -> None:
    text = broken(old, new)
    said = problem(text)
    assert re.search(what, str(said))
    if at:
        assert line_of(at, text) in {
            mistake.line for mistake in said.mistakes if re.search(what, mistake.what)
        }
    assert str(said).startswith("x.toml")


IN_SARATOV = [
    ('"П3"', '"П9"', "недопустимое значение 'П9'"),
    ("maximum = 10", "maximum = 8", "критериев 9, а максимум 8"),
    ('tasks = [2, 3, 4]', "tasks = [2, 3, 5]", "недопустимое значение 5"),
    ('["ТЧ", "М1", "М2", "Д1", "Д2"]', '["ТЧ", "М1", "М2", "Д1", "Д1"]', "назван дважды"),
    ("tasks = [1, 3, 4]", "tasks = [1, 3, 3]", "назван дважды"),
    ('at = "15:00"', 'at = "10:30"', "сводка раньше отчётов"),
    ('at = "11:00"', 'at = "08:30"', "раньше начала собеседования"),
    ("2020-02-12 = 2020-01-29", "2020-02-12 = 2020-02-12", "назван не раньше него"),
    ("2020-02-12 = 2020-02-14", "2020-02-12 = 2020-02-11", "после собеседования, а задан до него"),
    ("minutes = [15, 16]", "minutes = [16, 15]", "первое число больше второго"),
    ("month = 3", "month = 1", "после основной, по порядку"),
    ('applicants = ["participant"]', 'applicants = ["participant", "participant"]', "заявитель назван дважды"),
    ('["fail", "absent_valid"', '["removed", "absent_valid"', "об удалённых говорит removed"),
    ('source = "Положение, п. 11.4"', 'source = "Положение"\nbound = "not_before"', "«не ранее» здесь не бывает"),
    ('"exam.listening" = "Пол', '"exam.listening" = "none at all, see the order"  # ', "по-русски"),
    ("[distance]", '[distance]\ngrounds = ["health", "health"]', "основание названо дважды"),
    ("[distance]", "[distance]\ngrounds = []", "слишком коротко: нужно не меньше 1"),
    ("minutes = [15, 16]", "minutes = [15]", "в списке должно быть значений: 2"),
    ("[[forms]]", "[forms]", "задан второй раз"),
]  # fmt: skip


@pytest.mark.parametrize("old, new, what", IN_SARATOV)
def test_a_contradiction_within_a_profile_is_refused(old: str, new: str, what: str) -> None:
    assert what in str(problem(broken(old, new, SARATOV)))


def test_all_contradictions_are_told_at_once_by_line() -> None:
    text = broken("days = -14", "days = 14", broken("days = 12", "days = -12"))
    lines = [mistake.line for mistake in problem(text).mistakes]
    assert lines == sorted(lines)
    assert len(lines) == 2


def test_deep_brackets_are_a_mistake_and_no_crash() -> None:
    assert "вложены" in str(problem("a = " + "[" * 5000))


def keys(value: object, path: KeyPath = ()) -> list[KeyPath]:
    """Paths of the tables and keys of parsed content, without what stands within an array or inline table."""
    found: list[KeyPath] = []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += [(*path, name), *keys(inner, (*path, name))]
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            if isinstance(inner, dict):
                found += [(*path, place), *keys(inner, (*path, place))]
    return found


@pytest.mark.parametrize("name", profiles.names())
def test_every_key_of_a_profile_has_its_own_line(name: str) -> None:
    text = (profiles.SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    lines = lines_of(text)
    written = text.split("\n")
    for path in keys(tomllib.loads(text)):
        inline = path[0] == "deadlines" and len(path) > 2 and path not in lines
        if not inline:
            line = written[lines[path] - 1]
            last = next(part for part in reversed(path) if isinstance(part, str))
            assert last in line


def test_lines_survive_long_texts_and_lists() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\nd = [\n  1, # ]\n  "]",\n]\n[[e]]\nf = 1\n[[e]]\nf = {g = 2}\n[e.h]\n"i.j" = 1\n'
    found = lines_of(text)
    assert found == {
        (): 1,
        ("a",): 1,
        ("d",): 5,
        ("e",): 9,
        ("e", 0): 9,
        ("e", 0, "f"): 10,
        ("e", 1): 11,
        ("e", 1, "f"): 12,
        ("e", 1, "h"): 13,
        ("e", 1, "h", "i.j"): 14,
    }
    assert set(keys(tomllib.loads(text))) <= set(found) | {("e", 1, "f", "g")}


WORDS = st.sampled_from(
    ["[", "]", "[[", "]]", "{", "}", "=", ".", '"', '"""', "'", "#", "\n", ",", "1", "-1", "2026-02-30", "true",
     "about", "scale.rows", "deadlines", "missing", "days", "id", "dates", "listed", "я", "\\", "\r", "\0", "09:00"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(WORDS, max_size=40).map(" ".join)))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(ProfileProblem):
        parse(text, "x.toml")


@given(st.data())
def test_a_profile_with_a_changed_place_is_read_or_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOOD)))
    length = data.draw(st.integers(0, 12))
    text = GOOD[:place] + data.draw(WORDS) + GOOD[place + length :]
    mistakes = mistakes_of(text)
    assert all(0 <= mistake.line <= text.count("\n") + 1 for mistake in mistakes)
    assert all(re.search("[а-я]", mistake.what) for mistake in mistakes)
