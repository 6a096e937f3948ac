"""What a request says of itself, and of the proxy before us."""

import ipaddress

from aiohttp import web

from server.errors import NotFound
from server.settings import Settings


def is_secure(request: web.Request, settings: Settings) -> bool:
    """Whether the browser will let this page use camera and microphone: HTTPS, or the machine itself."""
    return is_https(request, settings) or _is_loopback(request.url.host or "")


def is_https(request: web.Request, settings: Settings) -> bool:
    """Whether the browser came by HTTPS, to us or to the proxy before us."""
    scheme = request.scheme
    if settings.trust_proxy:
        forwarded = request.headers.get("X-Forwarded-Proto", scheme)
        scheme = forwarded.split(",")[0].strip().lower()
    return scheme == "https"


def client_address(request: web.Request, settings: Settings) -> str:
    """The address of the browser; behind our own proxy, the one the proxy saw, which it writes last."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.trust_proxy else ""
    return forwarded.rpartition(",")[2].strip() or request.remote or ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def number_of(text: str) -> int:
    """A number of the address. Raises NotFound for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(detail="a number in the address")
    return int(text)
