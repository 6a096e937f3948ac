"""Who opens a page, as far as the request tells: the network it comes from, the family of browser and system.

Addresses never leave this module in clear: what is kept of them are keyed marks.
"""

import ipaddress
from dataclasses import dataclass

from aiohttp import web

BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""The first one named counts: most of them name the later ones too."""
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request for a page's socket."""

    network: str = ""
    """The network of the address, /24 or /48; empty where there is none."""
    browser: str = ""
    system: str = ""


def visitor(request: web.Request, *, trust_proxy: bool) -> Visitor:
    """Behind our own proxy the address is the last one that it has forwarded."""
    address = request.remote or ""
    if trust_proxy:
        address = request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    agent = request.headers.get("User-Agent", "")
    return Visitor(network_of(address), _family(agent, BROWSERS), _family(agent, SYSTEMS))


def network_of(address: str) -> str:
    """The neighbourhood of an address: a provider changes the rest of it at will."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def _family(agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in agent), "")
