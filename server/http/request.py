"""What a request says of itself, and of the proxy before us."""

import ipaddress

from aiohttp import web

from server.settings import Settings


def is_secure(request: web.Request, settings: Settings) -> bool:
    """Whether the browser will let this page use camera and microphone: HTTPS, or the machine itself."""
    scheme = request.scheme
    if settings.trust_proxy:
        forwarded = request.headers.get("X-Forwarded-Proto", scheme)
        scheme = forwarded.split(",")[0].strip().lower()
    return scheme == "https" or _is_loopback(request.url.host or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
