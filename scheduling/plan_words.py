"""What a plan says about itself, in plain Russian: why somebody comes then, why somebody has no place, and how the
whole came about."""

from collections import Counter
from collections.abc import Iterable, Sequence

from .placing import Board, Obstacle
from .plan_parts import Appointment, Candidate, Habits, Inputs, Order, RoomInPlan, Unplaced, usual_hold
from .wording import counted, for_minutes, minutes, participants

WHY: dict[Obstacle, str] = {
    Obstacle.DAY: "В это время собеседования не идут.",
    Obstacle.ROOM_CLOSED: "Аудитория в это время закрыта.",
    Obstacle.ROOM_TAKEN: "Аудитория в это время занята или не остаётся времени на подготовку.",
    Obstacle.SIBLING: "В это время отвечает брат или сестра.",
    Obstacle.ASSISTANT: "Ассистент в это время занят.",
    Obstacle.EXAMINER: "Собеседник в это время занят, отсутствует или отдыхает.",
    Obstacle.EXPERT: "Эксперт в это время занят, отсутствует или отдыхает.",
}


def reason_of_place(one: Candidate, order: Order, *, beside: bool, long: bool, others: bool) -> str:
    """Why the participant comes then and there."""
    parts = []
    if one.pinned_at is not None:
        parts.append("Время закреплено вами.")
    if one.pinned_room is not None:
        parts.append("Аудитория закреплена вами.")
    if one.familiar_examiner is not None:
        parts.append("Экзаменует собеседник, с которым участник знаком.")
    if one.scheme == 2:
        parts.append("Эксперта в аудитории нет: ответ оценят по записи.")
    if beside:
        parts.append("Сразу после брата или сестры, в той же аудитории.")
    elif one.family:
        parts.append("Не одновременно с братом или сестрой.")
    if others:
        whose = "классов" if order is Order.CLASS else "алфавита"
        parts.append(f"В порядке {whose}: эта аудитория освобождалась раньше других.")
    elif long:
        parts.append("Длинные собеседования собраны вместе, чтобы не задерживать остальных.")
    if one.earliest is not None and one.pinned_at is None:
        parts.append("Не раньше указанного вами времени.")
    if one.break_after:
        parts.append(f"Оставлен перерыв участника на {for_minutes(one.break_after)}.")
    return " ".join(parts)


def why_not(board: Board, one: Candidate, rooms: Sequence[RoomInPlan], not_before: int) -> str:
    """The most telling reason why there is no place."""
    inputs = board.inputs
    if one.pinned_room is not None:
        rooms = [room for room in rooms if room.id == one.pinned_room]
        if not rooms:
            return "Аудитории, закреплённой за участником, в плане нет."
    if not rooms:
        return "В плане нет ни одной аудитории."
    if not any(board.examiners(one, room) for room in rooms):
        return "Нет собеседника, который может экзаменовать этого участника."
    if one.scheme == 1 and not any(board.experts(one, room) for room in rooms):
        return "Нет эксперта, который может оценивать этого участника."
    if one.pinned_at is not None:
        if board.floor(one.pinned_at) < not_before:
            return "Закреплённое время уже прошло или наступит слишком скоро."
        start = board.floor(one.pinned_at)
        found = [spot for room in rooms if isinstance(spot := board.at(one, room, start), Obstacle)]
        order = list(Obstacle)
        told = max(found, key=order.index)
        return f"Закреплённое время {inputs.clock(one.pinned_at)} не подходит. {WHY[told]}"
    end = inputs.clock(inputs.habits.latest_end)
    length = minutes(one.hold)
    if one.familiar_examiner is not None:
        who = inputs.person(one.familiar_examiner, "знакомый собеседник")
        if (since := inputs.away.get(one.familiar_examiner)) is not None:
            return f"{who[0].upper()}{who[1:]} отсутствует с {inputs.clock(since)}: выберите другого собеседника."
        return f"До {end} не нашлось {length} подряд, когда свободны и аудитория, и {who}."
    where = "в закреплённой аудитории" if one.pinned_room is not None else "ни в одной аудитории"
    return (
        f"До {end} {where} не осталось {length} подряд, когда свободны все, кто нужен. "
        "Поможет ещё одна аудитория со своим собеседником и экспертом или более позднее окончание дня."
    )


def explained(inputs: Inputs, placed: Sequence[Appointment], unplaced: Sequence[Unplaced]) -> tuple[str, ...]:
    """The steps of the greedy as they went, without names."""
    habits, everybody = inputs.habits, inputs.candidates
    begins, ends = inputs.clock(habits.start), inputs.clock(habits.latest_end)
    size = f"Нужно распределить: {participants(len(everybody))}; аудиторий: {len(inputs.rooms)}."
    steps = [f"День идёт с {begins} до {ends}. {size}"]
    if at_time := sum(one.pinned_at is not None for one in everybody):
        steps.append(f"Первыми поставлены те, чьё время закрепили вы: {participants(at_time)}.")
    few = [one for one in everybody if one.pinned_at is None]
    if in_room := sum(one.pinned_room is not None for one in few):
        steps.append(f"Затем те, чью аудиторию закрепили вы: {participants(in_room)}.")
    if known := sum(one.familiar_examiner is not None for one in few):
        steps.append(f"Затем те, кого экзаменует знакомый собеседник: {participants(known)}.")
    steps.extend(_long(everybody, placed))
    whose = "по классам, а в классе по алфавиту" if habits.order is Order.CLASS else "по алфавиту"
    steps.append(
        f"Остальные идут {whose}. Следующего принимает аудитория, которая освободится раньше; "
        "если таких несколько — та, где пока меньше работы."
    )
    if any(one.family for one in everybody):
        steps.append(
            "Братья и сёстры не отвечают одновременно: один идёт сразу за другим в той же аудитории."
        )
    steps.extend(_rests(habits, inputs))
    steps.append(_load(inputs, placed))
    if unplaced:
        steps.append(f"Без места: {participants(len(unplaced))}. Причина указана у каждого.")
    return tuple(steps)


def _long(everybody: Sequence[Candidate], placed: Sequence[Appointment]) -> Iterable[str]:
    usual = usual_hold(everybody)
    long = {one.id for one in everybody if one.hold > usual and one.scheme == 1}
    if long:
        rooms = counted(
            len({one.room for one in placed if one.participant in long}),
            "аудитория",
            "аудитории",
            "аудиторий",
        )
        yield (
            f"Длинные собеседования ({participants(len(long))}) начаты с утра и собраны вместе ({rooms}): "
            "если кто-то задержится, остальные аудитории не ждут."
        )
    if second := sum(one.scheme == 2 for one in everybody):
        yield f"Без эксперта, с оценкой по записи: {participants(second)}. Эксперт на это время выходит."


def _rests(habits: Habits, inputs: Inputs) -> Iterable[str]:
    yield f"Между участниками аудитории оставлено на подготовку: {minutes(habits.preparation)}."
    if habits.work_most and habits.staff_break:
        yield (
            f"Никто из сотрудников не работает без отдыха дольше {_of_minutes(habits.work_most)}: "
            f"потом перерыв на {for_minutes(habits.staff_break)}."
        )
    if habits.lunch is not None:
        lunch = habits.lunch
        yield f"Общий перерыв с {inputs.clock(lunch.starts_at)} до {inputs.clock(lunch.ends_at)}."


def _of_minutes(number: int) -> str:
    """«дольше 21 минуты»."""
    return counted(number, "минуты", "минут", "минут")


def _load(inputs: Inputs, placed: Sequence[Appointment]) -> str:
    if not placed:
        return "В плане пока никого нет."
    counts = Counter(one.room for one in placed).values()
    least, most = min(counts), max(counts)
    spread = participants(most) if least == most else f"от {least} до {most} участников"
    last = inputs.clock(max(one.ends_at for one in placed))
    return f"На одну аудиторию приходится {spread}; последнее собеседование закончится в {last}."
