"""`python -m server`: the service until it is told to stop."""

import asyncio
import logging
import signal
import ssl
import sys
from contextlib import AsyncExitStack
from dataclasses import replace

from aiohttp import web

from server import demo, demo_people, log
from server.app import House, running
from server.clock import SystemClock
from server.errors import ExamError
from server.lock import sole_server
from server.settings import Settings, SettingsProblem, from_environment
from server.store import days
from server.store.database import Store

SHUTDOWN_SECONDS = 3.0
"""How long open requests are waited for at the end."""


async def main(settings: Settings) -> None:
    """Opens everything, serves, prints the demo's links, and closes everything on SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stack.enter_context(sole_server(settings.data_dir))
        demo_day = await _demo_day(settings) if settings.demo else None
        house = await stack.enter_async_context(running(settings, on_kept=_tell_kept))
        runner = web.AppRunner(
            house.app, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(house.sockets.close)
        site = web.TCPSite(runner, settings.host, settings.port, ssl_context=_tls(settings))
        await site.start()
        settings = _with_port(settings, runner)
        if demo_day is not None:
            await _show_links(house, settings, demo_day)
        print(f"Сервис работает: {settings.public_url}", flush=True)
        await stop.wait()
        print("Останавливаюсь…", flush=True)


async def _demo_day(settings: Settings) -> int | None:
    """The demo day that is on; None in a database with a real school."""
    async with Store(settings.database_url) as store:
        return await demo.ensure_demo(store, now=SystemClock().now(), timezone=settings.timezone)


async def _show_links(house: House, settings: Settings, day_id: int) -> None:
    """Links of the demo day, on the screen and as JSON where DEMO_LINKS says."""
    async with house.store.read() as session:
        day = await days.load_day(session, day_id)
    secret = settings.secret()
    print(demo.as_text(day, secret, settings.public_url))
    sign_in = await demo_people.ensure_organizer(house.store, secret, day_id, SystemClock().now())
    if sign_in is not None:
        print()
        print(demo_people.as_text(sign_in, settings.public_url))
    print()
    if settings.demo_links is not None:
        demo.write_json(settings.demo_links, demo.links(day, secret, settings.public_url))


def _with_port(settings: Settings, runner: web.AppRunner) -> Settings:
    """PORT=0 takes a free port: the links have the one it became."""
    if settings.port != 0 or not settings.public_url.endswith(":0"):
        return settings
    port = int(runner.addresses[0][1])
    return replace(settings, port=port, public_url=f"{settings.public_url[:-2]}:{port}")


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


def _tell_kept() -> None:
    print("Идёт собеседование: узлы связи оставлены работать, следующий запуск подхватит их.", flush=True)


def run() -> int:
    """The exit status; what cannot be helped by a traceback is told in a sentence."""
    log.configure()
    try:
        asyncio.run(main(from_environment()))
    except SettingsProblem as problem:
        print(problem, file=sys.stderr)
        return 2
    except ExamError as error:
        print(f"{error.text} ({error})", file=sys.stderr)
        return 1
    except OSError as error:
        logging.getLogger(__name__).debug("not started", exc_info=True)
        print(f"Не удалось запустить сервис: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
