"""Whether a plan can be held: every conflict of appointments that a program or a person has put together.

Written apart from the placing: it looks at appointments and moments only, and shares no code with what makes a plan.
Called at every move on the page, so it goes over the plan once by room, by person and by family.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations

from .conflicts import HOUSE, Conflict
from .plan_parts import Appointment, Candidate, Inputs, Plan
from .wording import for_minutes, minutes

EXAMINER, EXPERT, ASSISTANT = "Собеседник", "Эксперт", "Ассистент"
HOUR = timedelta(hours=1)


def check(plan: Plan, inputs: Inputs, settled: Collection[int] = ()) -> tuple[Conflict, ...]:
    """All conflicts, in the order of rooms and times; none: the plan can be held.

    `settled` are participants whose interviews have begun: what concerns only them cannot be changed and is left out.
    """
    appointments = sorted(plan.appointments, key=lambda one: (one.starts_at, one.room, one.participant))
    known = [one for one in appointments if one.participant in inputs.candidate]
    found = [
        *_presence(plan, inputs),
        *(conflict for one in known for conflict in _alone(one, inputs.candidate[one.participant], inputs)),
        *_rooms(known, inputs),
        *_persons(known, inputs),
        *_families(known, inputs),
    ]
    done = set(settled)
    return tuple(one for one in found if not one.participants or not done.issuperset(one.participants))


def _end(one: Appointment) -> datetime:
    return one.starts_at.astimezone(UTC) + timedelta(minutes=one.minutes + one.break_after)


def _gap(before: Appointment, after: Appointment) -> timedelta:
    return after.starts_at - _end(before)


def _presence(plan: Plan, inputs: Inputs) -> Iterator[Conflict]:
    """Everybody is in the plan once, or without a place for a named reason."""
    counts = Counter(one.participant for one in plan.appointments)
    excused = {one.participant for one in plan.unplaced}
    for one in inputs.candidates:
        if counts[one.id] > 1:
            yield Conflict(
                "participant_twice", "C-04", f"{one.shown}: в плане дважды.", participants=(one.id,)
            )
        elif not counts[one.id] and one.id not in excused:
            yield Conflict(
                "participant_missing", "C-04", f"{one.shown}: нет в плане.", participants=(one.id,)
            )
    for participant in sorted(counts.keys() - inputs.candidate.keys()):
        text = f"В плане есть участник № {participant}, которого нет в списке дня."
        yield Conflict("participant_unknown", "C-04", text, participants=(participant,))


def _alone(one: Appointment, candidate: Candidate, inputs: Inputs) -> Iterator[Conflict]:
    """What one appointment contradicts by itself."""
    for code, rule, text, blocking in (*_time(one, candidate, inputs), *_staff(one, candidate, inputs)):
        persons = tuple(person for person in (one.examiner, one.expert) if person is not None)
        said = f"{candidate.shown}, {inputs.clock(one.starts_at)}: {text}"
        yield Conflict(code, rule, said, persons, (one.participant,), one.room, blocking)


Finding = tuple[str, str, str, bool]
"""Code, rule, text, blocking."""


def _time(one: Appointment, candidate: Candidate, inputs: Inputs) -> Iterator[Finding]:
    habits, room = inputs.habits, inputs.room.get(one.room)
    if one.starts_at < habits.start:
        yield "too_early", "C-04", f"день начинается в {inputs.clock(habits.start)}.", True
    elif candidate.earliest is not None and one.starts_at < candidate.earliest:
        yield "too_early", HOUSE, f"участник может не раньше {inputs.clock(candidate.earliest)}.", True
    if _end(one) > habits.latest_end:
        yield "too_late", HOUSE, f"закончится позже {inputs.clock(habits.latest_end)}.", True
    lunch = habits.lunch
    if lunch is not None and one.starts_at < lunch.ends_at and lunch.starts_at < _end(one):
        yield "lunch", HOUSE, "попадает на общий перерыв.", False
    if one.minutes < candidate.minutes:
        yield "too_short", "D-19", f"отведено {minutes(one.minutes)}, нужно {candidate.minutes}.", True
    if one.break_after < candidate.break_after:
        yield "medical_break", "Саратов, п. 7.3", "не оставлен перерыв, который нужен участнику.", True
    if room is None:
        yield "room_unknown", HOUSE, "такой аудитории в плане нет.", True
    elif (room.opens_at is not None and one.starts_at < room.opens_at) or (
        room.closes_at is not None and _end(one) > room.closes_at
    ):
        yield "room_closed", HOUSE, f"аудитория {room.number} в это время закрыта.", True
    if candidate.pinned_room not in (None, one.room):
        yield "pinned", HOUSE, "участник закреплён за другой аудиторией.", False
    if candidate.pinned_at not in (None, one.starts_at):
        yield "pinned", HOUSE, "за участником закреплено другое время.", False


def _staff(one: Appointment, candidate: Candidate, inputs: Inputs) -> Iterator[Finding]:
    room = inputs.room.get(one.room)
    familiar = candidate.familiar_examiner
    if familiar is not None and one.examiner != familiar:
        who = inputs.person(familiar, "собеседник, с которым он знаком")
        yield "familiar_examiner", "Саратов, п. 7.4", f"экзаменовать должен {who}.", True
    elif familiar is None and room is not None and one.examiner not in room.examiners:
        yield "examiner_foreign", HOUSE, f"собеседник не назначен в аудиторию {room.number}.", True
    if familiar is None and one.examiner in candidate.avoid:
        yield "relative", HOUSE, "собеседник — родитель участника.", True
    if candidate.scheme == 2 and one.expert is not None:
        yield "expert_present", "D-21", "по второй схеме эксперта в аудитории нет.", True
    if candidate.scheme == 1 and one.expert is None:
        yield "expert_missing", "D-21", "по первой схеме нужен эксперт.", True
    if one.expert is not None:
        if room is not None and one.expert not in room.experts:
            yield "expert_foreign", HOUSE, f"эксперт не назначен в аудиторию {room.number}.", True
        if one.expert in candidate.avoid:
            yield "relative", HOUSE, "эксперт — родитель участника.", True
    for person, role in _at_work(one, candidate):
        since = inputs.away.get(person)
        if since is not None and _end(one) > since:
            who = inputs.person(person, role)
            yield "away", HOUSE, f"{who} отсутствует с {inputs.clock(since)}.", True
    roles = [person for person, _ in _at_work(one, candidate)]
    if len(roles) != len(set(roles)):
        yield "two_roles", HOUSE, "один человек записан в двух ролях.", True


def _at_work(one: Appointment, candidate: Candidate) -> list[tuple[int, str]]:
    expert = [] if one.expert is None else [(one.expert, EXPERT)]
    return [
        (one.examiner, EXAMINER),
        *expert,
        *((person, ASSISTANT) for person in sorted(candidate.assistants)),
    ]


def _rooms(appointments: Iterable[Appointment], inputs: Inputs) -> Iterator[Conflict]:
    rooms: dict[int, list[Appointment]] = defaultdict(list)
    for one in appointments:
        rooms[one.room].append(one)
    habits = inputs.habits
    for room, line in rooms.items():
        for before, after in _neighbours(line):
            both = (before.participant, after.participant)
            when = f"Аудитория {inputs.number(room)}, {inputs.clock(after.starts_at)}"
            if after.starts_at < _end(before):
                text = f"{when}: предыдущий участник ещё не закончил."
                yield Conflict("room_overlap", "C-04", text, participants=both, room=room)
            elif _gap(before, after) < timedelta(minutes=habits.preparation):
                text = f"{when}: на подготовку нужно {minutes(habits.preparation)}."
                yield Conflict("gap_short", HOUSE, text, participants=both, room=room, blocking=False)
        if (most := habits.per_hour) is not None:
            for first, last in zip(line, line[most:], strict=False):
                if last.starts_at - first.starts_at < HOUR:
                    text = f"Аудитория {inputs.number(room)}, {inputs.clock(last.starts_at)}: больше {most} в час."
                    yield Conflict(
                        "per_hour", "C-04", text, participants=(last.participant,), room=room, blocking=False
                    )


def _neighbours(line: list[Appointment]) -> Iterator[tuple[Appointment, Appointment]]:
    """Each with whoever before it ends last: of overlapping ones that need not be the one just before."""
    longest = None
    for one in line:
        if longest is not None:
            yield longest, one
        if longest is None or _end(one) > _end(longest):
            longest = one


def _persons(appointments: Iterable[Appointment], inputs: Inputs) -> Iterator[Conflict]:
    work: dict[int, list[tuple[Appointment, str]]] = defaultdict(list)
    for one in appointments:
        roles: dict[int, str] = {}
        for person, role in _at_work(one, inputs.candidate[one.participant]):
            roles.setdefault(person, role)
        for person, role in roles.items():
            work[person].append((one, role))
    for person, entries in work.items():
        line = [one for one, _ in entries]
        role_of = {one.participant: role for one, role in entries}
        for before, after in _neighbours(line):
            if before.room != after.room and _gap(before, after) < timedelta(
                minutes=inputs.habits.preparation
            ):
                who = inputs.person(person, role_of[after.participant])
                yield _two_places(who, person, before, after, inputs)
        yield from _rests(person, role_of, line, inputs)


def _two_places(who: str, person: int, before: Appointment, after: Appointment, inputs: Inputs) -> Conflict:
    rooms = f"аудитории {inputs.number(before.room)} и {inputs.number(after.room)}"
    when = inputs.clock(after.starts_at)
    both = (before.participant, after.participant)
    if after.starts_at < _end(before):
        text = f"{who} в {when} нужен сразу в двух местах: {rooms}."
        return Conflict("person_twice", HOUSE, text, (person,), both, after.room)
    text = f"{who} не успеет к {when}: {rooms}, между ними мало времени."
    return Conflict("person_hurried", HOUSE, text, (person,), both, after.room, blocking=False)


def _rests(
    person: int, role_of: dict[int, str], line: list[Appointment], inputs: Inputs
) -> Iterator[Conflict]:
    """Each run of work without a rest long enough, where it is longer than it may be."""
    habits = inputs.habits
    if not habits.work_most:
        return
    rest = timedelta(minutes=habits.preparation + habits.staff_break)
    runs: list[list[Appointment]] = []
    ends = None
    for one in line:
        if ends is None or one.starts_at - ends >= rest:
            runs.append([])
        runs[-1].append(one)
        ends = max(_end(one), ends) if ends is not None else _end(one)
    for run in runs:
        last = max(run, key=_end)
        worked = _end(last) - run[0].starts_at
        if len(run) > 1 and worked > timedelta(minutes=habits.work_most):
            who = inputs.person(person, role_of[last.participant])
            text = (
                f"{who} работает без отдыха с {inputs.clock(run[0].starts_at)} до {inputs.clock(_end(last))}: "
                f"нужен перерыв на {for_minutes(habits.staff_break)}."
            )
            everyone = tuple(one.participant for one in run)
            yield Conflict("break_missing", HOUSE, text, (person,), everyone, last.room, blocking=False)


def _families(appointments: Iterable[Appointment], inputs: Inputs) -> Iterator[Conflict]:
    families: dict[str, list[Appointment]] = defaultdict(list)
    for one in appointments:
        if family := inputs.candidate[one.participant].family:
            families[family].append(one)
    for line in families.values():
        for one, other in combinations(line, 2):
            if (
                one.participant != other.participant
                and one.starts_at < _end(other)
                and other.starts_at < _end(one)
            ):
                names = (
                    f"{inputs.candidate[one.participant].shown} и {inputs.candidate[other.participant].shown}"
                )
                text = f"{names} — из одной семьи и отвечают одновременно, в {inputs.clock(other.starts_at)}."
                both = (one.participant, other.participant)
                yield Conflict("siblings_together", HOUSE, text, participants=both, room=other.room)
