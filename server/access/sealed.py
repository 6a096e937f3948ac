"""What the server hands to a browser, or to the database, and gets back unread and unchanged.

Sealed: encrypted and signed with a key made from the server's secret (Fernet), one key per purpose, so that
nothing sealed for one is taken for another.
"""

import base64
import json
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal(secret: bytes, purpose: str, value: dict[str, Any], now: datetime) -> str:
    """Text that is safe in a cookie or a form. `value` is plain JSON."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return _fernet(secret, purpose).encrypt_at_time(data, int(now.timestamp())).decode()


def unseal(
    secret: bytes, purpose: str, text: str, now: datetime, *, seconds: int | None
) -> dict[str, Any] | None:
    """What was sealed for this purpose within the last so many seconds (None: ever). None for anything else."""
    try:
        fernet, token = _fernet(secret, purpose), text.encode()
        if seconds is None:
            data = fernet.decrypt(token)
        else:
            data = fernet.decrypt_at_time(token, seconds, int(now.timestamp()))
    except (InvalidToken, UnicodeEncodeError):
        return None
    value = json.loads(data)
    return value if isinstance(value, dict) else None


def _fernet(secret: bytes, purpose: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sealed|{purpose}".encode()).derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
