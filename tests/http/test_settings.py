"""Settings and the log: read once, refused in words."""

import logging
import stat
from pathlib import Path

import pytest

from server import log
from server.settings import SettingsProblem, Smtp, from_environment


def test_defaults_are_local_and_ask_nobody_outside() -> None:
    settings = from_environment({})
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert settings.database_url.startswith("sqlite+aiosqlite:////")
    assert settings.turn_urls == ()
    assert settings.nodes >= 1


def test_the_mail_server_comes_from_its_address() -> None:
    env = {"SMTP_URL": "smtp://user%40school:p%2Fw%40rd@mail.school.ru:2525", "SMTP_FROM": "exam@school.ru"}
    smtp = from_environment(env).smtp
    assert smtp == Smtp("mail.school.ru", 2525, "exam@school.ru", False, "user@school", "p/w@rd")
    assert "p/w" not in repr(smtp)
    assert from_environment({}).smtp is None


@pytest.mark.parametrize("url, port, secure", [("smtp://m.ru", 587, False), ("smtps://m.ru/", 465, True)])
def test_the_mail_port_follows_from_the_scheme(url: str, port: int, secure: bool) -> None:
    smtp = from_environment({"SMTP_URL": url, "SMTP_FROM": "a@b.ru"}).smtp
    assert smtp is not None
    assert (smtp.port, smtp.secure, smtp.user) == (port, secure, "")


@pytest.mark.parametrize(
    "url, sender",
    [
        ("smtp://u:secret@m.ru", ""),
        ("", "a@b.ru"),
        ("http://u:secret@m.ru", "a@b.ru"),
        ("smtp://", "a@b.ru"),
        ("smtp://u:secret@m.ru:99999", "a@b.ru"),
        ("smtp://u@m.ru", "a@b.ru"),
        ("smtp://u:secret@m.ru/x", "a@b.ru"),
        ("smtp://m.ru", "Школа <a@b.ru>"),
        ("smtp://m.ru", "a@b.ru\nBcc: c@d.ru"),
    ],
)
def test_a_wrong_mail_server_is_refused_without_its_password(url: str, sender: str) -> None:
    with pytest.raises(SettingsProblem, match="SMTP_") as told:
        from_environment({"SMTP_URL": url, "SMTP_FROM": sender})
    assert "secret" not in str(told.value)


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = from_environment(
        {
            "HOST": "0.0.0.0",
            "PORT": "9000",
            "PUBLIC_URL": "https://exam.school.ru/",
            "DATA_DIR": str(tmp_path),
            "DEMO": "1",
            "MEDIA_UDP_PORTS": "41000-41099",
            "MEDIA_LISTEN": "192.168.1.5, 127.0.0.1",
            "TURN_URLS": "turn:turn.school.ru:3478?transport=udp,turns:turn.school.ru:5349",
            "TURN_SECRET": "s",
            "NODES": "3",
        }
    )
    assert settings.public_url == "https://exam.school.ru"
    assert settings.media_udp_ports == (41000, 41099)
    assert settings.media_listen == ("192.168.1.5", "127.0.0.1")
    assert len(settings.turn_urls) == 2
    assert (settings.nodes, settings.demo) == (3, True)


@pytest.mark.parametrize(
    "name,value",
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEMO", "maybe"),
        ("TIMEZONE", "Europe/Nowhere"),
        ("MEDIA_UDP_PORTS", "40000"),
        ("MEDIA_UDP_PORTS", "5-1"),
        ("MEDIA_LISTEN", "eth0"),
        ("TURN_URLS", "stun:example.org"),
        ("TLS_CERT", "cert.pem"),
        ("NODES", "0"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsProblem, match=name):
        from_environment({name: value})


def test_turn_needs_its_secret() -> None:
    with pytest.raises(SettingsProblem, match="TURN_SECRET"):
        from_environment({"TURN_URLS": "turn:turn.school.ru"})


def test_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = from_environment({"DATA_DIR": str(tmp_path)})
    secret = settings.secret()
    assert len(secret) == 32
    assert settings.secret() == secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_log_lines_carry_the_bound_ids_and_no_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        log.configure()
        with log.bound(request="abc", account=5, seat="seat-1", room=7):
            logging.getLogger("server.test").info("GET %s", "/j/V8TVQxB_HnWc9rHxLBDcr75b5TjHakPvad/ws")
            try:
                raise RuntimeError("/j/V8TVQxB_HnWc9rHxLBDcr75b5TjHakPvad")
            except RuntimeError:
                logging.getLogger("server.test").exception("failed")
    finally:
        root.handlers[:], root.level = before
    written = capsys.readouterr().err
    assert "[abc account=5 seat=seat-1 room=7] GET /j/…/ws" in written
    assert "V8TVQxB" not in written
