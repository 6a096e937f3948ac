"""ICE servers for a page: our TURN server with credentials that expire, or none at all.

There is no default STUN server: the service works in a network without Internet.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

LIFETIME_SECONDS = 12 * 3600
"""A page stays open for the day; coturn checks the credential at each refresh of an allocation."""


def servers(urls: tuple[str, ...], secret: str, seat: str, now: datetime) -> list[dict[str, Any]]:
    """`RTCIceServer` dictionaries: username "expiry:seat", credential HMAC-SHA1 (coturn's use-auth-secret)."""
    if not urls:
        return []
    username = f"{int(now.timestamp()) + LIFETIME_SECONDS}:{seat}"
    mac = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return [{"urls": list(urls), "username": username, "credential": base64.b64encode(mac).decode()}]
