"""What a region's rules mean for one participant: the scheme of scoring, another sitting, a re-check."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from server.errors import Refused

from .profile import Profile
from .profile_parts import Answer, Applicant, Category, Form, Outcome, Place, SecondScheme

Number = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class Sitting:
    """How a participant sits the exam."""

    form: Form
    answer: Answer = Answer.ORAL
    category: Category | None = None
    place: Place = Place.SCHOOL


@dataclass(frozen=True, slots=True)
class SchemeOf:
    """1: scored while the participant speaks; 2: from the record, after the exam (D-21)."""

    number: Number
    reason: str
    source: str
    """Paragraph of the order."""
    room: Literal["no_expert", "nobody_else"] | None = None
    """Who must not be in the room, where the text says so."""

    @property
    def with_expert(self) -> bool:
        """Whether an expert has a place at this interview. In scheme 2 nobody scores while it goes on."""
        return self.number == 1


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    reason: str


_FIRST = "Ответ оценивает эксперт во время собеседования."
_WRITTEN = " Письменный ответ собеседник зачитывает под запись, участник подтверждает."
_CHOSEN: dict[Number, str] = {
    1: "Школа выбрала первую схему: ответ оценивает эксперт во время собеседования.",
    2: "Школа выбрала вторую схему: ответ оценивает эксперт по записи, после собеседования.",
}


def scheme(profile: Profile, sitting: Sitting, chosen: Number | None = None) -> SchemeOf:
    """The scheme of a participant and why (D-21).

    No text lets the scheme depend on whether the answer is oral or written; a written one is read out for the record.
    `chosen` is the school's choice, where the region leaves it to the school. Raises ProfileGap for the distance form
    where the region knows none, and Refused if a choice is lacking or is not the school's to make.
    """
    if sitting.form is Form.DISTANCE:
        profile.known(profile.distance.grounds, "distance.grounds")
    more = _WRITTEN if sitting.answer is Answer.WRITTEN else ""
    rules = profile.scheme
    if rules.choice == "school":
        if chosen is None:
            raise Refused("scheme_not_chosen", "Схему оценивания выбирает школа. Выберите первую или вторую.")
        return SchemeOf(chosen, _CHOSEN[chosen] + more, rules.source)
    found = next((rule for rule in rules.second if _applies(rule, sitting)), None)
    if found is None:
        result = SchemeOf(1, _FIRST + more, rules.source)
    else:
        result = SchemeOf(2, found.reason + more, found.source, found.room)
    if chosen not in {None, result.number}:
        raise Refused("scheme_by_rule", f"Схему определяют правила региона. {result.reason}")
    return result


def _applies(rule: SecondScheme, sitting: Sitting) -> bool:
    return (
        (rule.category is None or rule.category is sitting.category)
        and (rule.place is None or sitting.place in rule.place)
        and (rule.form is None or rule.form is sitting.form)
    )


_GROUND: dict[Outcome, str] = {
    Outcome.FAIL: "Получен «незачёт».",
    Outcome.ABSENT_VALID: "Неявка по уважительной причине, подтверждённой документально.",
    Outcome.UNFINISHED_VALID: "Не завершено по уважительной причине, подтверждённой документально.",
    Outcome.ABSENT: "Неявка без подтверждённой уважительной причины.",
    Outcome.UNFINISHED: "Не завершено без подтверждённой уважительной причины.",
    Outcome.REMOVED: "Участник удалён с собеседования.",
    Outcome.PASS: "Зачёт уже получен.",
}


def may_sit_again(profile: Profile, year: Sequence[Outcome]) -> Verdict:
    """Whether another sitting on an additional day is due to the participant (C-07).

    `year` has the outcomes of the school year in order. Each «незачёт» but the first used up a retake; an earlier
    «незачёт» stays a ground when the participant did not come to the retake. Raises ProfileGap where the texts say
    nothing that the answer depends on.
    """
    if not year:
        return Verdict(False, "Участник в этом учебном году ещё не сдавал: это не повторный допуск.")
    if Outcome.PASS in year:
        return Verdict(False, _GROUND[Outcome.PASS])
    rules, last = profile.retake, year[-1]
    if last is Outcome.REMOVED:
        return Verdict(profile.known(rules.removed, "retake.removed"), _GROUND[last])
    used, most = max(0, year.count(Outcome.FAIL) - 1), profile.known(rules.most, "retake.most")
    if used >= most:
        return Verdict(
            False, f"Пересдать можно не более {most} раз в учебном году: все попытки использованы."
        )
    outcomes = profile.known(rules.outcomes, "retake.outcomes")
    ground = next((one for one in (last, Outcome.FAIL) if one in outcomes and one in year), None)
    return Verdict(ground is not None, _GROUND[ground or last])


def may_ask_recheck(
    profile: Profile, year: Sequence[Outcome], applicant: Applicant, *, rechecked: bool = False
) -> Verdict:
    """Whether this applicant may ask for a re-check of the last result (C-10). The term is a deadline of its own.

    `year` as in `may_sit_again`; `rechecked`: the result is already one of a re-check. Raises ProfileGap where a
    second re-check is asked for and the texts do not say whether the first was final.
    """
    rules = profile.recheck
    if not year or year[-1] is not Outcome.FAIL:
        return Verdict(False, "Повторную проверку назначают только при результате «незачёт».")
    if rules.right == "repeated_fail" and year.count(Outcome.FAIL) < 2:
        return Verdict(False, "Право на повторную проверку возникает при повторном «незачёте».")
    if applicant not in rules.applicants:
        return Verdict(False, "Заявление подаёт сам участник.")
    if rechecked and profile.known(rules.final, "recheck.final"):
        return Verdict(False, "Результат повторной проверки окончательный.")
    return Verdict(True, f"Заявление подаётся: {rules.to}. Проверяет: {rules.by}.")
