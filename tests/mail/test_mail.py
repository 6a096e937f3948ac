"""Letters against a real SMTP server on loopback."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from server import mail, tls
from server.exam.people import Name
from server.forms.letter import LinkLetter, link_letter
from server.settings import Smtp

AT = datetime(2026, 2, 9, 12, tzinfo=UTC)
LINK = "https://exam.school7.example/j/aB3_x-9ZaB3_x-9ZaB3_x-9ZaB3_x-9ZQq"
UNSAFE = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
"""The server of these tests is as careless as some are."""
USER, PASSWORD = "exam", "очень-тайно"


@dataclass
class Mailbox:
    """The server's side: what came, and how it treats some addresses."""

    came: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    drop_after: int = 1_000
    """Letters after which it breaks the connection instead of answering."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}> no such user"
        if address.startswith("later"):
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if len(self.came) >= self.drop_after:
            assert server.transport is not None
            server.transport.close()
            return "451 gone"
        if b"spam" in (envelope.original_content or b""):
            return "554 5.7.1 looks like spam"
        self.encrypted.append(session.ssl is not None)
        self.came.append(envelope)
        return "250 taken"

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(
            success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False
        )


@asynccontextmanager
async def serving(
    mailbox: Mailbox, *, secure: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(mailbox, loop=loop, hostname="mail.test", ident="test", **options)

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=secure)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def letter(address: str, **changes: Any) -> tuple[str, EmailMessage]:
    values: dict[str, Any] = {
        "name": Name("Петрова", "Анна", "Сергеевна"),
        "link": LINK,
        "day": date(2026, 2, 11),
        "ready_at": time(9, 10),
        "school": "МБОУ СОШ № 7",
        "phone": "+7 (8453) 55-12-34",
    }
    return address, link_letter(LinkLetter(**{**values, **changes}))


def smtp(port: int, **changes: Any) -> Smtp:
    return Smtp(**{"host": "127.0.0.1", "port": port, "sender": "exam@school7.example", **changes})


async def outcomes(letters: list[tuple[str, EmailMessage]], to: Smtp, **options: Any) -> list[mail.Outcome]:
    return [outcome async for outcome in mail.send(letters, to, at=AT, **options)]


async def test_letters_arrive_with_the_link_of_each() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        found = await outcomes([letter("a@x.example"), letter("b@x.example", link=LINK + "2")], smtp(port))
    assert [(one.address, one.sent) for one in found] == [("a@x.example", True), ("b@x.example", True)]
    assert [envelope.rcpt_tos for envelope in mailbox.came] == [["a@x.example"], ["b@x.example"]]
    read = [message_from_bytes(one.original_content or b"", policy=policy.default) for one in mailbox.came]
    for message, link in zip(read, (LINK, LINK + "2"), strict=True):
        assert message["From"] == "exam@school7.example"
        assert message["Subject"] == "Итоговое собеседование: ваша ссылка на 11 февраля"
        assert message["Date"].datetime == AT
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            assert (link if kind == "plain" else f'href="{link}"') in body.get_content().replace(
                ">", " "
            ).split()
            assert "Петрова Анна Сергеевна" in body.get_content()
            assert "09:10" in body.get_content()
    assert read[0]["Message-ID"] != read[1]["Message-ID"]


async def test_one_refused_address_does_not_keep_the_others_from_theirs() -> None:
    mailbox = Mailbox()
    letters = [letter(f"{name}@x.example") for name in ("a", "nobody", "later", "b")]
    async with serving(mailbox) as port:
        found = await outcomes(letters, smtp(port))
    assert [one.reason for one in found] == ["", mail.NO_MAILBOX, mail.LATER, ""]
    assert [envelope.rcpt_tos[0][0] for envelope in mailbox.came] == ["a", "b"]


async def test_a_letter_that_is_refused_is_not_told_as_sent() -> None:
    mailbox = Mailbox()
    plain = EmailMessage()
    plain["Subject"] = "spam"
    async with serving(mailbox) as port:
        found = await outcomes([("a@x.example", plain), letter("b@x.example")], smtp(port))
    assert [one.reason for one in found] == [mail.REFUSED, ""]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "@x.example",
        "a b@x.example",
        "анна@x.example",
        "a@host",
        "a@x.example\r\nBcc: b@x.example",
    ],
)
async def test_what_is_no_address_is_refused_without_asking_the_server(address: str) -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        [found] = await outcomes([letter(address)], smtp(port))
    assert found.reason == mail.BAD_ADDRESS
    assert mailbox.came == []


async def test_a_cyrillic_domain_is_written_as_the_protocol_wants_it() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        [found] = await outcomes([letter("anna@школа.рф")], smtp(port))
    assert found.sent
    assert mailbox.came[0].rcpt_tos == ["anna@xn--80atdl2c.xn--p1ai"]


@UNSAFE
async def test_the_password_opens_the_server_and_a_wrong_one_is_told_for_all() -> None:
    mailbox = Mailbox()
    options: dict[str, Any] = {
        "authenticator": mailbox.check,
        "auth_required": True,
        "auth_require_tls": False,
    }
    letters = [letter("a@x.example"), letter("b@x.example")]
    async with serving(mailbox, **options) as port:
        right = await outcomes(letters, smtp(port, user=USER, password=PASSWORD))
        wrong = await outcomes(letters, smtp(port, user=USER, password="wrong"))
    assert [one.sent for one in right] == [True, True]
    assert [one.reason for one in wrong] == [mail.NO_LOGIN] * 2
    assert len(mailbox.came) == 2


async def test_a_dead_server_is_told_for_every_letter() -> None:
    async with serving(Mailbox()) as port:
        pass
    found = await outcomes([letter(f"{n}@x.example") for n in range(3)], smtp(port))
    assert [one.reason for one in found] == [mail.NO_SERVER] * 3


async def test_a_silent_server_does_not_hold_the_list_up() -> None:
    gone = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await outcomes([letter(f"{n}@x.example") for n in range(3)], smtp(port), seconds=0.2)
    gone.set()
    server.close()
    await server.wait_closed()
    assert [one.reason for one in found] == [mail.NO_SERVER] * 3


async def test_a_connection_that_breaks_is_made_anew_for_the_next_letter() -> None:
    mailbox = Mailbox(drop_after=1)
    async with serving(mailbox) as port:
        stream = mail.send([letter(f"{name}@x.example") for name in "abc"], smtp(port), at=AT)
        first, second = await anext(stream), await anext(stream)
        mailbox.drop_after = 10
        third = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
    assert [first.reason, second.reason, third.reason] == ["", mail.BROKEN, ""]


async def test_a_server_that_breaks_every_time_is_left_alone() -> None:
    mailbox = Mailbox(drop_after=0)
    async with serving(mailbox) as port:
        found = await outcomes([letter(f"{n}@x.example") for n in range(4)], smtp(port))
    assert [one.reason for one in found] == [mail.BROKEN, mail.BROKEN, mail.NO_SERVER, mail.NO_SERVER]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's context, and that of who trusts its authority."""
    names = tls.own_names()
    made = tls.ensure(tmp_path, names, datetime.now(UTC))
    serve = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serve.load_cert_chain(made.certificate, made.key)
    return serve, ssl.create_default_context(cafile=str(made.authority))


async def test_encryption_begins_before_the_password_is_sent(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    mailbox = Mailbox()
    server, trust = certificate
    options: dict[str, Any] = {
        "authenticator": mailbox.check,
        "auth_required": True,
        "require_starttls": True,
    }
    async with serving(mailbox, tls_context=server, **options) as port:
        to = smtp(port, user=USER, password=PASSWORD)
        trusting = await outcomes([letter("a@x.example")], to, trust=trust)
        doubting = await outcomes([letter("a@x.example")], to)
    assert [one.reason for one in trusting] == [""]
    assert mailbox.encrypted == [True]
    assert [one.reason for one in doubting] == [mail.BAD_CERTIFICATE]
    assert len(mailbox.logins) == 1


async def test_smtps_is_encrypted_from_the_first_byte(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    mailbox = Mailbox()
    server, trust = certificate
    async with serving(mailbox, secure=server) as port:
        trusting = await outcomes([letter("a@x.example")], smtp(port, secure=True), trust=trust)
        doubting = await outcomes([letter("a@x.example")], smtp(port, secure=True))
    assert [one.reason for one in trusting] == [""]
    assert [one.reason for one in doubting] == [mail.BAD_CERTIFICATE]


@UNSAFE
async def test_a_password_never_crosses_a_network_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    # To this machine's loopback it may; with no name known as loopback every server is across a network.
    monkeypatch.setattr(mail, "LOOPBACK", frozenset[str]())
    mailbox = Mailbox()
    options: dict[str, Any] = {
        "authenticator": mailbox.check,
        "auth_required": True,
        "auth_require_tls": False,
    }
    async with serving(mailbox, **options) as port:
        [found] = await outcomes([letter("a@x.example")], smtp(port, user=USER, password=PASSWORD))
    assert found.reason == mail.NO_ENCRYPTION
    assert mailbox.logins == []


async def test_the_log_counts_and_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    mailbox = Mailbox()
    with caplog.at_level(logging.DEBUG, logger="server"), caplog.at_level(logging.DEBUG, logger="aiosmtplib"):
        async with serving(mailbox) as port:
            await outcomes([letter("anna@x.example"), letter("nobody@x.example")], smtp(port))
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.split(".")[0] in {"server", "aiosmtplib"}
    ]
    assert "mail: 1 of 2 sent" in ours
    assert not [line for line in ours if "x.example" in line or "Петрова" in line]


def test_a_line_end_in_a_name_makes_no_header_of_its_own() -> None:
    _, made = letter("", school="Школа\r\nX-Evil: 1", name=Name("А\r\nБ", "<b>В</b>"))
    assert made["X-Evil"] is None
    html = made.get_body(("html",))
    assert html is not None
    assert "<b>В</b>" not in html.get_content()


def test_a_letter_for_the_rehearsal_says_so() -> None:
    _, made = letter("a@x.example", rehearsal=True)
    assert str(made["Subject"]).startswith("Проверка связи")
    for kind in ("plain", "html"):
        body = made.get_body((kind,))
        assert body is not None
        assert "проверки камеры" in body.get_content()
        assert "Приготовьте" not in body.get_content()
