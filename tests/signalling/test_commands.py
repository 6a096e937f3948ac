"""Every command from every kind of seat in every state of an interview: what is allowed works, the rest is refused and
changes nothing, neither in the database nor in the patches nor on any page."""

from collections.abc import Callable

import pytest

from server.errors import ExamError
from server.exam.interview import BEFORE_CONFERENCE, OVER
from server.signalling import messages
from server.signalling.cast import Guests
from server.signalling.commands import COMMANDS, obey
from server.signalling.limits import Bucket
from server.store import interviews
from tests.signalling.house import Exam, S

STATES = frozenset(S)
Make = Callable[[Exam], messages.Command]


def _anna(day: Exam) -> int:
    return day.interview("anna")


def _room(day: Exam) -> int:
    return day.seeded.rooms[0]


COMMAND: dict[str, Make] = {
    "offer": lambda day: messages.Offer(id=1, sdp="v=0"),
    "stats": lambda day: messages.Stats(id=1, data=messages.StatsData(rtt_ms=12)),
    "alarm": lambda day: messages.Alarm(id=1, kind="camera_lost", on=True),
    "informed": lambda day: messages.Informed(id=1, agree=True),
    "devices": lambda day: messages.Devices(id=1, camera="ok", microphone="ok"),
    "join": lambda day: messages.Join(id=1),
    "listen": lambda day: messages.Listen(id=1),
    "help": lambda day: messages.Help(id=1, on=True),
    "admit": lambda day: messages.Admit(id=1, interview=_anna(day)),
    "admit next": lambda day: messages.Admit(id=1),
    "send_back": lambda day: messages.SendBack(id=1),
    "begin": lambda day: messages.Begin(id=1),
    "finish": lambda day: messages.Finish(id=1),
    "screen": lambda day: messages.ShareScreen(id=1, on=True),
    "screen off": lambda day: messages.ShareScreen(id=1, on=False),
    "no_show": lambda day: messages.NoShow(id=1, interview=_anna(day)),
    "remove": lambda day: messages.Remove(id=1, interview=_anna(day)),
    "reverse": lambda day: messages.Reverse(id=1, interview=_anna(day), reason="Ошибка"),
    "say": lambda day: messages.Say(id=1, text="Минуту"),
    "say in room": lambda day: messages.Say(id=1, text="Минуту", room=_room(day)),
    "call": lambda day: messages.Call(id=1, to="specialist"),
    "call in room": lambda day: messages.Call(id=1, to="examiner", room=_room(day)),
    "check": lambda day: messages.Check(id=1, interview=_anna(day)),
    "check off": lambda day: messages.Check(id=1, interview=None),
    "verdict": lambda day: messages.Verdict(id=1, interview=_anna(day), verdict="good"),
    "free_seat": lambda day: messages.FreeSeat(id=1, seat=day.seat("anna")),
    "own_device": lambda day: messages.OwnDevice(id=1, interview=_anna(day)),
    "replace_link": lambda day: messages.ReplaceLink(id=1, interview=_anna(day)),
    "enter": lambda day: messages.Enter(id=1, room=_room(day)),
    "leave": lambda day: messages.Leave(id=1),
    "take": lambda day: messages.Take(id=1),
    "hello": lambda day: messages.Hello(id=1, version=1, page="page-000002", tab="tab-000002"),
}

ALLOWED: dict[tuple[str, str], frozenset[S]] = {
    # Anna herself is in the state; the others are of her room or of the whole day.
    ("anna", "offer"): STATES - OVER,
    ("anna", "stats"): STATES,
    ("anna", "alarm"): STATES,
    ("anna", "informed"): frozenset({S.INVITED, S.TESTING}),
    ("anna", "devices"): BEFORE_CONFERENCE,
    ("anna", "join"): frozenset({S.TESTING}),
    ("anna", "help"): STATES,
    ("helper", "offer"): STATES,
    ("helper", "stats"): STATES,
    ("helper", "alarm"): STATES,
    ("examiner", "offer"): STATES,
    ("examiner", "stats"): STATES,
    ("examiner", "alarm"): STATES,
    ("examiner", "admit"): frozenset({S.WAITING}),
    ("examiner", "admit next"): frozenset({S.WAITING}),
    ("examiner", "send_back"): frozenset({S.ADMITTED}),
    ("examiner", "begin"): frozenset({S.ADMITTED}),
    ("examiner", "finish"): frozenset({S.EXAM}),
    ("examiner", "screen"): STATES,
    ("examiner", "screen off"): STATES,
    ("examiner", "no_show"): BEFORE_CONFERENCE,
    ("examiner", "remove"): frozenset({S.WAITING, S.ADMITTED, S.EXAM}),
    ("examiner", "reverse"): OVER,
    ("examiner", "say"): STATES,
    ("examiner", "say in room"): STATES,
    ("examiner", "call"): STATES,
    ("expert", "offer"): STATES,
    ("expert", "stats"): STATES,
    ("expert", "say"): STATES,
    ("expert", "say in room"): STATES,
    ("expert", "call"): STATES,
    ("expert", "call in room"): STATES,
    ("observer", "offer"): STATES,
    ("observer", "stats"): STATES,
    ("specialist", "stats"): STATES,
    ("specialist", "say in room"): STATES,
    ("specialist", "call in room"): STATES,
    ("specialist", "check"): frozenset({S.TESTING, S.WAITING}),
    ("specialist", "check off"): STATES,
    ("specialist", "verdict"): STATES,
    ("specialist", "replace_link"): STATES,
    ("organizer", "stats"): STATES,
    ("organizer", "no_show"): BEFORE_CONFERENCE,
    ("organizer", "remove"): frozenset({S.WAITING, S.ADMITTED, S.EXAM}),
    ("organizer", "reverse"): OVER,
    ("organizer", "say in room"): STATES,
    ("organizer", "call in room"): STATES,
    ("organizer", "enter"): STATES,
    ("organizer", "leave"): STATES,
}
CHANGES_NOTHING = {"offer", "stats", "check off", "leave"}
"""In this scene: nobody is checked, nobody has entered, and measurements and connections are not on record."""
SEATS = ("anna", "helper", "examiner", "expert", "observer", "specialist", "organizer")


async def _set_the_scene(day: Exam, state: S) -> None:
    await day.put_state("anna", state)
    if state is S.TESTING:
        async with day.house.store.begin() as session:
            row = await interviews.set_informed(session, _anna(day), agreed=True, at=day.clock.now())
        day.live.put(row)
    await day.live.conference(_room(day)).media.offer(day.seat("examiner"), "peer-of-examiner", "v=0")


def _all(day: Exam) -> object:
    places = [
        (place.id, sorted(place.alarms), place.help, place.sharing, place.holder)
        for place in day.live.places.values()
    ]
    guests = [conference.guests for conference in day.live.conferences.values()]
    return day.dump(), dict(day.node.conferences), len(day.node.puts), day.live.day, places, guests


@pytest.mark.parametrize("state", list(S))
async def test_what_is_not_allowed_is_refused_and_changes_nothing(day: Exam, state: S) -> None:
    await _set_the_scene(day, state)
    watching = [await day.open(name) for name in ("boris", "examiner2")]
    heard = [list(page.all) for page in watching]
    before = _all(day)
    for seat in SEATS:
        for name, make in COMMAND.items():
            if state in ALLOWED.get((seat, name), frozenset()):
                continue
            desk, connection = day.desk(seat)
            desk.place.actions = Bucket(rate=5, burst=30)
            with pytest.raises(ExamError):
                await obey(desk, make(day))
            assert connection.sent == []
            assert _all(day) == before, (seat, name)
    for page in watching:
        await page.ask("ping", t=1)
    assert [page.all[:-1] for page in watching] == heard


@pytest.mark.parametrize("state", list(S))
async def test_what_is_allowed_works(day: Exam, state: S) -> None:
    conference = day.live.conference(_room(day))
    for (seat, name), states in ALLOWED.items():
        if state in states:
            await _set_the_scene(day, state)
            for place in day.live.places.values():
                place.alarms, place.help, place.actions = set(), False, Bucket(rate=5, burst=30)
            before = _all(day)
            answer = await day.obey(seat, COMMAND[name](day))
            kinds = {"offer": "answer", "replace_link": "link"}
            assert answer["type"] == kinds.get(name, "done"), (seat, name)
            assert (_all(day) == before) == (name in CHANGES_NOTHING), (seat, name)
            conference.guests = Guests()


def test_every_command_is_tried() -> None:
    tried = {name.split()[0] for name in COMMAND}
    tags = {kind.__struct_config__.tag for kind in COMMANDS}
    assert tags <= tried
    # Of a page that holds a seat; of a rehearsal; of a link that was opened elsewhere.
    elsewhere = {"free_seat", "listen", "own_device"}
    assert {tag for _, name in ALLOWED for tag in [name.split()[0]]} | elsewhere == tags
