"""The way of one participant through the day, told by the pages."""

from tests.signalling.house import Exam, S


async def test_participant_is_admitted_examined_and_let_go(day: Exam) -> None:
    examiner = await day.connected("examiner")
    anna = await day.connected("anna")
    assert day.state("anna") is S.TESTING
    assert anna.views()[-1]["phase"] == "information"
    await anna.ask("informed", agree=True)
    assert anna.views()[-1]["phase"] == "test"
    await anna.ask("devices", camera="ok", microphone="ok", detail={"level": -20.5})
    await anna.ask("join")
    view = await anna.view_where(lambda view: view["phase"] == "waiting")
    assert view["waiting"]["next"] is True
    assert view["encoders"] is True
    assert day.patches() == set()

    assert (await examiner.ask("admit", interview=None))["type"] == "done"
    await anna.view_where(lambda view: view["phase"] == "interview")
    assert (day.seat("anna"), "voice", day.seat("examiner"), "participant-voice") in day.patches()
    await examiner.ask("begin")
    await anna.view_where(lambda view: view["begun_at"] is not None)
    await examiner.ask("finish")
    view = await anna.view_where(lambda view: view["phase"] == "finished")
    assert view["encoders"] is False
    assert "media.close" in anna.types()
    assert day.patches() == set()
    steps = [event for event, _ in day.journal() if event.startswith("interview.")]
    assert steps == [
        "interview.connect",
        "interview.join_queue",
        "interview.admit",
        "interview.begin",
        "interview.finish",
    ]


async def test_counters_of_every_jack_are_on_record_at_admission_and_at_the_end(day: Exam) -> None:
    examiner = await day.connected("examiner")
    await day.waiting("anna")
    await examiner.ask("admit", interview=None)
    day.node.packets[day.seat("anna"), "staff-voice"] = 17
    await examiner.ask("send_back")
    (_, before), (_, after) = day.journal("media.counters")
    assert (before["when"], before["known"], before["to_participant"]) == ("admission", True, 0)
    assert (after["when"], after["to_participant"]) == ("end", 17)
    assert after["seats"] == {day.seat("anna"): {"staff-voice": 17}}


async def test_counters_of_one_who_leaves_for_good_are_on_record_too(day: Exam) -> None:
    """The node forgets a seat that has no media any more; what was sent to it was counted before."""
    examiner = await day.connected("examiner")
    await day.waiting("anna")
    await examiner.ask("admit", interview=None)
    await examiner.ask("begin")
    day.node.packets[day.seat("anna"), "staff-voice"] = 17
    day.node.packets[day.seat("examiner"), "participant-voice"] = 20
    await examiner.ask("finish")
    *_, (_, end) = day.journal("media.counters")
    assert (end["when"], end["known"], end["to_participant"]) == ("end", True, 17)
    assert end["seats"][day.seat("examiner")] == {"participant-voice": 20}


async def test_recording_begins_at_admission_and_each_start_is_a_new_part(day: Exam) -> None:
    examiner = await day.connected("examiner")
    await day.waiting("anna", "boris")
    room = str(day.seeded.rooms[0])
    assert day.node.conferences[room].recording is None
    await examiner.ask("admit", interview=None)
    target = day.node.conferences[room].recording
    assert target is not None
    assert (target.directory, target.part) == ("2026-02-11", 1)
    assert target.stem == "2026-02-11_640001_aud-07_int-0001"
    await examiner.ask("send_back")
    assert day.node.conferences[room].recording is None
    await examiner.ask("admit", interview=day.interview("anna"))
    target = day.node.conferences[room].recording
    assert target is not None
    assert target.part == 2


async def test_second_participant_is_not_admitted_beside_the_first(day: Exam) -> None:
    examiner = await day.connected("examiner")
    await day.waiting("anna", "boris")
    await examiner.ask("admit", interview=None)
    refused = await examiner.ask("admit", interview=None)
    assert (refused["type"], refused["code"]) == ("refused", "conference_taken")
    assert day.state("boris") is S.WAITING


async def test_admit_without_anybody_waiting_is_refused_in_words(day: Exam) -> None:
    examiner = await day.connected("examiner")
    refused = await examiner.ask("admit", interview=None)
    assert (refused["code"], refused["text"]) == ("nobody_waiting", "Сейчас никто не ждёт.")


async def test_finish_reversed_with_a_reason_connects_the_participant_again(day: Exam) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    for command in ("admit", "begin", "finish"):
        await examiner.ask(command)
    await anna.until(lambda message: message["type"] == "media.close")
    refused = await examiner.ask("reverse", interview=day.interview("anna"), reason="  ")
    assert refused["code"] == "reason_missing"
    await examiner.ask("reverse", interview=day.interview("anna"), reason="Нажато по ошибке")
    await anna.until(lambda message: message["type"] == "media.reconnect")
    assert day.state("anna") is S.EXAM
    assert ("interview.reverse", {"from": "finished", "to": "exam", "reason": "Нажато по ошибке"}) in (
        day.journal()
    )


async def test_refusal_of_the_recording_is_seen_by_the_specialist_and_keeps_out_of_the_queue(
    day: Exam,
) -> None:
    specialist = await day.open("specialist")
    anna = await day.open("anna")
    await anna.ask("informed", agree=False)
    assert anna.views()[-1]["phase"] == "refused"
    assert (await anna.ask("join"))["code"] == "not_informed"
    view = await specialist.view_where(lambda view: view["alarms"])
    assert view["alarms"] == [
        {"room": day.seeded.rooms[0], "interview": day.interview("anna"), "kind": "refused"}
    ]
    await anna.ask("informed", agree=True)
    assert anna.views()[-1]["phase"] == "test"


async def test_before_the_opening_there_is_a_device_test_and_a_countdown(day: Exam) -> None:
    day.clock.move(hours=-2)
    anna = await day.open("anna")
    assert anna.views()[-1]["phase"] == "early"
    await anna.ask("informed", agree=True)
    assert (await anna.ask("devices", camera="ok", microphone="silent"))["type"] == "done"
    assert (await anna.ask("join"))["code"] == "too_early"
    day.clock.move(hours=2)
    day.house.hub.show_all()
    await anna.view_where(lambda view: view["phase"] == "test")
