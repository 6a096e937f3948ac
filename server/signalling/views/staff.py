"""The views of examiner, expert, observer, specialist and organizer."""

from ..facts import HouseFacts, ListenerFacts, PersonFacts, RoomFacts
from .parts import View, day, ms, note, person, recording, room, room_of_the_day, seat


def examiner(facts: RoomFacts) -> View:
    return {
        "type": "view",
        "encoders": True,
        "room": room(facts.room),
        "day": day(facts.day),
        "queue": [person(one) for one in facts.people],
        "current": None if facts.current is None else person(facts.current),
        "third": None if facts.third is None else seat(facts.third),
        "staff": [seat(one) for one in facts.staff],
        "notes": [note(one) for one in facts.notes],
        "recording": recording(facts.recording),
    }


def listener(facts: ListenerFacts) -> View:
    """Expert and observer. Only the expert, who is staff, has staff and notes."""
    view: View = {
        "type": "view",
        "encoders": False,
        "room": room(facts.room),
        "day": day(facts.day),
        "current": None if facts.current is None else _heard(facts.current),
        "recording": {"on": facts.recording},
    }
    if facts.staff is not None and facts.notes is not None:
        view["staff"] = [seat(one) for one in facts.staff]
        view["notes"] = [note(one) for one in facts.notes]
    return view


def specialist(facts: HouseFacts) -> View:
    check = facts.check
    return {
        "type": "view",
        "encoders": check is not None,
        "day": day(facts.day),
        "rooms": [room_of_the_day(one) for one in facts.rooms],
        "check": None if check is None else {"interview": check[0], "room": check[1]},
        "alarms": _alarms(facts),
    }


def organizer(facts: HouseFacts) -> View:
    return {
        "type": "view",
        "encoders": facts.entered is not None,
        "day": day(facts.day),
        "rooms": [room_of_the_day(one) for one in facts.rooms],
        "entered": facts.entered,
        "alarms": _alarms(facts),
    }


def _heard(facts: PersonFacts) -> View:
    return {
        "interview": facts.interview,
        "name": facts.name,
        "class": facts.class_label,
        "ovz": facts.ovz,
        "state": facts.state.value,
        "admitted_at": ms(facts.admitted_at),
        "begun_at": ms(facts.begun_at),
    }


def _alarms(facts: HouseFacts) -> list[View]:
    """Everything of the day that asks for a look, the recorder's first."""
    found: list[View] = []
    for one in facts.rooms:
        found += [
            {"room": one.room.id, "kind": "recorder", "track": track, "alarm": alarm, "detail": detail}
            for track, alarm, detail in one.recording.alarms
        ]
    for one in facts.rooms:
        for who in one.people:
            other = ["other_device"] if who.other_device is not None else []
            kinds = [*(["help"] if who.help else []), *who.alarms, *other]
            found += [{"room": one.room.id, "interview": who.interview, "kind": kind} for kind in kinds]
    return found
