"""The pupil's whole network is gone for a while, and comes back with the same address or with another."""

from pathlib import Path

import pytest

from bench import walk
from bench.exam import CHROMIUM, WATCH_CONNECTIONS, Browsers, Service, heard
from bench.wires import CannotWire, Wires

CUT = 8.0  # seconds: longer than anything on the page is patient for


@pytest.mark.parametrize("moves", [False, True], ids=["the same address", "another address"])
async def test_the_exam_goes_on_when_the_network_is_back(
    tmp_path: Path, chromium: Browsers, moves: bool
) -> None:
    try:
        wires = Wires(tmp_path).__enter__()
    except CannotWire as why:
        pytest.skip(str(why))
    service = Service(tmp_path / "service", wires.environment)
    try:
        await service.start()
        secure = f"--unsafely-treat-insecure-origin-as-secure={service.url}"
        participant = await chromium.open(
            service.link("participant"),
            tone=440,
            init=[WATCH_CONNECTIONS],
            extra=[secure],
            executable=wires.executable(CHROMIUM),
        )
        await walk.queue_up(participant.page)
        examiner = await chromium.open(service.link("examiner"), tone=880, extra=[secure])
        await walk.connected(participant.page)
        await walk.connected(examiner.page)
        await walk.admit_next(examiner.page)
        await walk.begin(examiner.page)
        assert await heard(examiner.page, "participant-voice") == {440}

        wires.cut()
        away = examiner.page.get_by_text("Участник не на связи")
        await away.wait_for()
        await participant.page.wait_for_selector('body[data-socket="connecting"]', state="attached")
        await participant.page.wait_for_timeout(CUT * 1000)
        if moves:
            wires.move()
        wires.cut(False)
        await participant.page.wait_for_selector('body[data-socket="open"]', state="attached")
        await walk.connected(participant.page)
        assert await heard(participant.page, "staff-voice", milliseconds=4000) == {880}
        assert await heard(examiner.page, "participant-voice", milliseconds=4000) == {440}
        await away.wait_for(state="hidden")
        assert await participant.page.evaluate("document.body.dataset.phase") == "interview"
        await walk.finish(examiner.page)
        await walk.phase(participant.page, "finished")
    finally:
        service.stop()
        wires.__exit__(None, None, None)
