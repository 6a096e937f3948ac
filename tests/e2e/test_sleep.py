"""A telephone that sleeps through the exam and wakes: nothing of its browser runs meanwhile, nothing is said."""

import asyncio
import os
import signal
from pathlib import Path

import psutil

from bench import walk
from bench.exam import CHROMIUM, Browsers, Service, heard

LONG = 35.0  # seconds: the node has closed the connection by then


def everything_of(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


async def test_a_page_that_wakes_takes_its_seat_again(
    tmp_path: Path, service: Service, chromium: Browsers
) -> None:
    browser, pid_file = tmp_path / "browser", tmp_path / "browser.pid"
    browser.write_text(f'#!/bin/sh\necho $$ > {pid_file}\nexec {CHROMIUM} "$@"\n')
    browser.chmod(0o755)
    participant = await chromium.open(service.link("participant"), tone=440, executable=browser)
    await walk.queue_up(participant.page)
    examiner = await chromium.open(service.link("examiner"), tone=880)
    await walk.connected(participant.page)
    await walk.connected(examiner.page)
    await walk.admit_next(examiner.page)
    await walk.begin(examiner.page)
    assert await heard(examiner.page, "participant-voice") == {440}

    asleep = everything_of(int(pid_file.read_text()))
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    try:
        away = examiner.page.get_by_text("Участник не на связи")
        await away.wait_for()
        await asyncio.sleep(LONG)
        assert await heard(examiner.page, "participant-voice") == set()
    finally:
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)

    await away.wait_for(state="hidden")
    await walk.connected(participant.page)
    assert await heard(examiner.page, "participant-voice", milliseconds=6000) == {440}
    assert await heard(participant.page, "staff-voice", milliseconds=4000) == {880}
    await walk.phase(participant.page, "interview")
    await walk.finish(examiner.page)
    await walk.phase(participant.page, "finished")
