"""What every page may do, and what a participant does on his own: connect, measure, show, test, join, ask for help."""

import secrets
from typing import Any

import msgspec

from media.layout import SeatKind
from server.errors import Refused
from server.exam.interview import BEFORE_CONFERENCE, IN_CONFERENCE, InterviewState, Step
from server.store import interviews

from . import messages, steps
from .desk import Desk

Body = dict[str, Any] | None


async def offer(desk: Desk, command: messages.Offer) -> Body:
    """One answer for one offer; the node keeps the older connection until the new one carries media."""
    conference = desk.live.media_of(desk.seat)
    if conference is None or command.room not in {None, conference.room.id}:
        raise Refused("no_media", "Сейчас звук и видео здесь не нужны.")
    if not desk.place.offers.take(desk.services.clock.monotonic()):
        raise Refused("too_fast", "Слишком частые попытки. Подождите несколько секунд.")
    peer = secrets.token_urlsafe(12)
    desk.page.media = conference.id
    sdp = await conference.offer(desk.place, peer, command.sdp)
    desk.page.peer = peer
    return {"type": "answer", "sdp": sdp, "peer": peer}


async def stats(desk: Desk, command: messages.Stats) -> Body:
    desk.place.stats = msgspec.to_builtins(command.data)
    return None


async def alarm(desk: Desk, command: messages.Alarm) -> Body:
    """Lost camera or microphone, hidden page: to the examiner at once, and into the journal during the exam."""
    alarms = desk.place.alarms
    if command.on == (command.kind in alarms):
        return None
    row = desk.live.day.interview_of(desk.seat.id)
    if row is not None and row.interview.state in IN_CONFERENCE:
        async with desk.services.store.begin() as session:
            event = f"alarm.{command.kind}"
            await desk.live.write(session, event, row=row, seat=desk.seat.id, data={"on": command.on})
    (alarms.add if command.on else alarms.discard)(command.kind)
    desk.show()
    return None


async def share_screen(desk: Desk, command: messages.ShareScreen) -> Body:
    """The examiner's page begins or ends its show: what is taken away is gone from the participant at once (D-20)."""
    if command.on != desk.place.sharing:
        desk.place.sharing = command.on
        if command.on:
            # The node's word is about what was shown before.
            desk.place.screen = None
        desk.show()
    return None


async def informed(desk: Desk, command: messages.Informed) -> Body:
    """The answer to the information about the recording; a refusal is shown to the specialist (C-02)."""
    async with desk.live.held(desk.own_interview().id) as (_, row):
        if row.interview.state not in {InterviewState.INVITED, InterviewState.TESTING}:
            raise Refused("not_now", "Ответ уже принят.")
        now = desk.services.clock.now()
        async with desk.services.store.begin() as session:
            row = await interviews.set_informed(session, row.id, agreed=command.agree, at=now)
            data = {"agreed": command.agree}
            await desk.live.write(session, "participant.informed", row=row, seat=desk.seat.id, data=data)
        desk.live.put(row)
    desk.show()
    return None


async def devices(desk: Desk, command: messages.Devices) -> Body:
    """The verdict of the device test, for the staff to see."""
    async with desk.live.held(desk.own_interview().id) as (_, row):
        if row.interview.state not in BEFORE_CONFERENCE:
            raise Refused("not_now", "Проверка устройств уже закончена.")
        report = {"camera": command.camera, "microphone": command.microphone, "detail": command.detail}
        async with desk.services.store.begin() as session:
            row = await interviews.set_device_report(session, row.id, report)
            told = {"camera": command.camera, "microphone": command.microphone}
            await desk.live.write(session, "participant.devices", row=row, seat=desk.seat.id, data=told)
        desk.live.put(row)
    desk.show()
    return None


async def join(desk: Desk, command: messages.Join) -> Body:
    """Into the queue: after the opening, and not against the participant's refusal of the recording."""
    row = desk.own_interview()
    if row.interview.state is InterviewState.TESTING:
        if desk.services.clock.now() < desk.live.day.day.opens_at:
            raise Refused("too_early", "Экзамен ещё не открыт. Страница сама подскажет, когда пора.")
        if row.informed_agreed is not True:
            raise Refused("not_informed", "Сначала ответьте, согласны ли вы с записью.")
    await steps.take(desk.live, row.id, Step.JOIN_QUEUE, desk.seat)
    desk.show()
    return None


async def ask_help(desk: Desk, command: messages.Help) -> Body:
    """A raised hand, seen by the staff."""
    if command.on == desk.place.help:
        return None
    async with desk.services.store.begin() as session:
        row = desk.own_interview()
        data = {"on": command.on}
        await desk.live.write(session, "participant.help", row=row, seat=desk.seat.id, data=data)
    desk.place.help = command.on
    desk.show()
    return None


async def free_seat(desk: Desk, command: messages.FreeSeat) -> Body:
    """The specialist drops the page that holds a seat, so that another one can take it."""
    place = desk.live.places.get(command.seat)
    if place is None or place.holder is None:
        raise Refused("seat_free", "Это место никто не занимает.")
    if place.row.kind is SeatKind.SPECIALIST:
        raise Refused("not_yours", "Место технического специалиста так освободить нельзя.")
    async with desk.services.store.begin() as session:
        room = place.row.room_id
        await desk.live.write(session, "seat.freed", room=room, seat=desk.seat.id, data={"seat": place.id})
    place.expel("freed")
    conference = desk.live.media_of(place.row)
    if conference is not None:
        # Not left to the page that was dropped: it may be a stranger's.
        await conference.media.disconnect(place.id)
    desk.show()
    return None
