"""Parts that several views have. Times on the wire are milliseconds since the epoch."""

from datetime import datetime
from typing import Any

from server.store.records import ExamDay, Note, Room

from ..facts import PersonFacts, RecordingFacts, RoomFacts, SeatFacts, VerdictFacts

View = dict[str, Any]


def ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def room(facts: Room) -> View:
    return {"id": facts.id, "number": facts.number, "title": facts.title}


def day(facts: ExamDay) -> View:
    return {
        "date": facts.date.isoformat(),
        "opens_at": ms(facts.opens_at),
        "starts_at": ms(facts.starts_at),
        "closes_at": ms(facts.closes_at),
    }


def person(facts: PersonFacts) -> View:
    """An entry of the queue, for staff only."""
    return {
        "interview": facts.interview,
        "seat": facts.seat,
        "name": facts.name,
        "class": facts.class_label,
        "ovz": facts.ovz,
        "planned_at": ms(facts.planned_at),
        "state": facts.state.value,
        "present": facts.present,
        "next": facts.next,
        "device": facts.device,
        "verdict": None if facts.verdict is None else _verdict(facts.verdict),
        "alarms": facts.alarms,
        "help": facts.help,
        "waiting_since": ms(facts.waiting_since),
        "admitted_at": ms(facts.admitted_at),
        "begun_at": ms(facts.begun_at),
        "reversible": facts.reversible,
    }


def other_device(facts: PersonFacts) -> View | None:
    """A link that was opened elsewhere, for those who care for the whole day."""
    seen = facts.other_device
    if seen is None:
        return None
    return {
        "at": ms(seen.at),
        "browser": seen.browser,
        "system": seen.system,
        "same_network": seen.same_network,
        "beside": seen.beside,
    }


def _verdict(facts: VerdictFacts) -> View:
    return {
        "verdict": facts.verdict,
        "note": facts.note,
        "by": facts.by,
        "at": ms(datetime.fromisoformat(facts.at)),
    }


def seat(facts: SeatFacts) -> View:
    return {"seat": facts.seat, "kind": facts.kind.value, "name": facts.name, "present": facts.present}


def note(facts: Note) -> View:
    return {
        "id": facts.id,
        "at": ms(facts.at),
        "seat": facts.seat_id,
        "name": facts.name,
        "kind": facts.kind.value,
        "text": facts.text,
        "call_to": facts.call_to,
    }


def recording(facts: RecordingFacts) -> View:
    alarms = [{"track": track, "alarm": alarm, "detail": detail} for track, alarm, detail in facts.alarms]
    return {"on": facts.on, "alarms": alarms}


def room_of_the_day(facts: RoomFacts) -> View:
    """A room for those who care for the whole day."""
    return {
        **room(facts.room),
        "people": [{**person(one), "other_device": other_device(one)} for one in facts.people],
        "third": None if facts.third is None else seat(facts.third),
        "staff": [seat(one) for one in facts.staff],
        "notes": [note(one) for one in facts.notes],
        "recording": recording(facts.recording),
    }
