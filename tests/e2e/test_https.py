"""Another computer of the school: the camera opens over HTTPS with the school's own certificate, and only then."""

from datetime import UTC, datetime
from pathlib import Path

from bench import walk
from bench.exam import Browsers, Service
from media.seams import machine_addresses
from server import tls


def network_address() -> str:
    return next(address for address in machine_addresses() if ":" not in address)


async def test_self_made_certificate_opens_the_camera(tmp_path: Path, chromium: Browsers) -> None:
    files = tls.ensure(tmp_path / "tls", tls.own_names(), datetime.now(UTC))
    service = Service(
        tmp_path / "service",
        {
            "HOST": "0.0.0.0",
            "PUBLIC_URL": f"https://{network_address()}:{{port}}",
            "TLS_CERT": str(files.certificate),
            "TLS_KEY": str(files.key),
        },
    )
    await service.start()
    try:
        person = await chromium.open(service.link("participant"), ignore_https_errors=True)
        await walk.queue_up(person.page)
        await walk.connected(person.page)
    finally:
        service.stop()


async def test_without_https_the_page_says_what_to_do(tmp_path: Path, chromium: Browsers) -> None:
    service = Service(
        tmp_path / "service", {"HOST": "0.0.0.0", "PUBLIC_URL": f"http://{network_address()}:{{port}}"}
    )
    await service.start()
    try:
        person = await chromium.open(service.link("participant"), viewport=(390, 844))
        await walk.phase(person.page, "information")
        await person.page.click("#informed-yes")
        await person.page.wait_for_selector('#obstacle[data-obstacle="insecure"]:visible')
        assert await person.page.locator('#obstacle a[href^="tel:"]').count() >= 1
    finally:
        service.stop()
