"""Sends letters through the school's mail server, one by one, and says of each whether it went.

Neither addresses nor the server's answers, which repeat them, enter the log.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import aiosmtplib

from server.settings import Smtp

log = logging.getLogger(__name__)

SECONDS = 20.0
"""How long one answer of the mail server is waited for."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

BAD_ADDRESS = "Адрес записан с ошибкой."
NO_SERVER = "Почтовый сервер не отвечает. Проверьте SMTP_URL и связь с ним."
NO_LOGIN = "Почтовый сервер не принял имя или пароль из SMTP_URL."
NO_ENCRYPTION = (
    "Почтовый сервер не предлагает шифрования, а без него пароль не отправляется. Нужен адрес smtps://."
)
BAD_CERTIFICATE = "Почтовый сервер показал сертификат, которому нельзя верить."
BAD_SENDER = "Почтовый сервер не принял адрес отправителя SMTP_FROM."
NO_MAILBOX = "Почтовый сервер не принял этот адрес: такого ящика нет или он переполнен."
LATER = "Почтовый сервер просит подождать. Отправьте это письмо позже."
REFUSED = "Почтовый сервер отказался принять письмо."
BROKEN = "Связь с почтовым сервером оборвалась, письмо могло не уйти."

FOR_ALL = frozenset({NO_SERVER, NO_LOGIN, NO_ENCRYPTION, BAD_CERTIFICATE, BAD_SENDER})
"""What holds for every letter that is left."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one letter; `reason` is Russian, for the organizer, and empty if it was sent."""

    address: str
    reason: str = ""

    @property
    def sent(self) -> bool:
        return not self.reason


class _Silent(Exception):
    """The server takes no letters at all; the reason is for every letter left."""


async def send(
    letters: Sequence[tuple[str, EmailMessage]],
    smtp: Smtp,
    *,
    at: datetime,
    seconds: float = SECONDS,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Outcome]:
    """One outcome for each letter, in their order, as soon as it is known.

    A letter is its address and the message; From, To, Date and Message-ID are set here.

    `at` becomes the letters' date. A connection that breaks is made anew for the next letter, once; a server that
    cannot be reached is not tried again. `trust` replaces the system's certificate authorities.
    """
    client = _client(smtp, seconds, trust)
    silent = ""
    sent = broken = 0
    try:
        for address, message in letters:
            reason = silent or await _one(client, address, message, smtp, at, seconds)
            broken = broken + 1 if reason == BROKEN else 0
            if reason in FOR_ALL:
                silent = reason
            elif broken == 2:
                silent = NO_SERVER
            sent += not reason
            yield Outcome(address, reason)
    finally:
        log.info("mail: %d of %d sent", sent, len(letters))
        await _leave(client)


def _client(smtp: Smtp, seconds: float, trust: ssl.SSLContext | None) -> aiosmtplib.SMTP:
    """A password crosses a network encrypted or not at all."""
    must_encrypt = bool(smtp.user) and not smtp.secure and smtp.host not in LOOPBACK
    return aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.user or None,
        password=smtp.password or None,
        local_hostname=smtp.sender.rpartition("@")[2],
        timeout=seconds,
        use_tls=smtp.secure,
        start_tls=None if not must_encrypt and not smtp.secure else must_encrypt,
        tls_context=trust or ssl.create_default_context(),
    )


async def _one(
    client: aiosmtplib.SMTP, address: str, message: EmailMessage, smtp: Smtp, at: datetime, seconds: float
) -> str:
    """The reason why the letter did not go; empty if it did."""
    recipient = _envelope(address)
    if recipient is None:
        return BAD_ADDRESS
    try:
        # The server may dribble: each letter as a whole has an end.
        async with asyncio.timeout(4 * seconds):
            if not client.is_connected:
                await _enter(client)
            await client.sendmail(smtp.sender, [recipient], _complete(message, recipient, smtp, at))
    except _Silent as refused:
        return str(refused)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return LATER if all(one.code < 500 for one in refused.recipients) else NO_MAILBOX
    except aiosmtplib.SMTPSenderRefused as refused:
        return LATER if refused.code < 500 else BAD_SENDER
    except aiosmtplib.SMTPResponseException as refused:
        return LATER if refused.code < 500 else REFUSED
    except (aiosmtplib.SMTPException, OSError):
        client.close()
        return BROKEN
    return ""


async def _enter(client: aiosmtplib.SMTP) -> None:
    """Connects, encrypts and signs in; raises _Silent."""
    try:
        await client.connect()
    except aiosmtplib.SMTPAuthenticationError:
        raise _Silent(NO_LOGIN) from None
    except aiosmtplib.SMTPException as error:
        certificate = isinstance(error.__cause__ or error.__context__, ssl.SSLCertVerificationError)
        not_encrypted = "STARTTLS" in str(error)
        raise _Silent(
            BAD_CERTIFICATE if certificate else NO_ENCRYPTION if not_encrypted else NO_SERVER
        ) from None
    except ssl.SSLCertVerificationError:
        raise _Silent(BAD_CERTIFICATE) from None
    except OSError:
        raise _Silent(NO_SERVER) from None


def _envelope(address: str) -> str | None:
    """The address as the protocol wants it; None for what is none. A Cyrillic domain is written in ASCII."""
    name, at, domain = address.strip().rpartition("@")
    if not at or not name or not name.isascii() or set(address.strip()) & set(" <>,;:\"'\r\n\t()[]\\"):
        return None
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        return None
    return f"{name}@{ascii_domain}" if "." in ascii_domain.strip(".") else None


def _complete(message: EmailMessage, recipient: str, smtp: Smtp, at: datetime) -> bytes:
    for header in ("From", "To", "Date", "Message-ID"):
        del message[header]
    message["From"] = smtp.sender
    message["To"] = recipient
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=smtp.sender.rpartition("@")[2])
    return message.as_bytes()


async def _leave(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        if client.is_connected:
            await client.quit()
    client.close()
