"""Passkeys (WebAuthn). The authenticator verifies its user, so a passkey is both factors at once.

A challenge travels sealed in the page and is good once, for five minutes: what answered one is remembered.
"""

import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.errors import Refused

from . import sealed

CHALLENGE_LIFE = timedelta(minutes=5)
SERVICE = "Итоговое собеседование"
Act = Literal["add", "sign_in"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes to the browser: the options of WebAuthn as JSON, and the challenge to bring back."""

    options: dict[str, Any]
    ticket: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    credential: str
    """The id, base64url."""
    public_key: bytes
    sign_count: int


class Passkeys:
    """Asks for passkeys of this server and checks them. The server's name stands in its PUBLIC_URL."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._secret = secret
        parts = urlsplit(public_url)
        self.host = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._answered: dict[str, datetime] = {}

    def work_at(self, host: str) -> bool:
        """Whether a page opened under this host can use passkeys: it has a name, and it is the one of PUBLIC_URL."""
        if host != self.host:
            return False
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return bool(host)
        return False

    def ask_new(self, account: int, login: str, name: str, have: Collection[str], now: datetime) -> Asked:
        """For a new passkey of the account, on a device that has none of those it has."""
        challenge = secrets.token_bytes(32)
        options = webauthn.generate_registration_options(
            rp_id=self.host,
            rp_name=SERVICE,
            user_id=hmac.digest(self._secret, f"passkey|{account}".encode(), "sha256"),
            user_name=login,
            user_display_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(have),
        )
        return Asked(json.loads(options_to_json(options)), self._ticket("add", account, challenge, now))

    def ask(self, account: int | None, have: Collection[str], now: datetime) -> Asked:
        """For signing in: with a passkey of this account, or, without one, any the device knows for this server."""
        challenge = secrets.token_bytes(32)
        options = webauthn.generate_authentication_options(
            rp_id=self.host,
            challenge=challenge,
            allow_credentials=_descriptors(have),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return Asked(json.loads(options_to_json(options)), self._ticket("sign_in", account, challenge, now))

    def check_new(self, answer: object, ticket: str, account: int, now: datetime) -> NewPasskey:
        """Raises Refused if it is no new passkey for this account."""
        challenge = self._challenge("add", ticket, account, now)
        try:
            found = webauthn.verify_registration_response(
                credential=_as_dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _BROKEN as error:
            raise _refused(error) from error
        self._remember(ticket, now)
        return NewPasskey(
            bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count
        )

    def check(
        self,
        answer: object,
        ticket: str,
        public_key: bytes,
        sign_count: int,
        now: datetime,
        *,
        account: int | None,
    ) -> int:
        """The authenticator's new counter. `account` is the one the options were for. Raises Refused."""
        challenge = self._challenge("sign_in", ticket, account, now)
        try:
            found = webauthn.verify_authentication_response(
                credential=_as_dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self._origin,
                credential_public_key=public_key,
                credential_current_sign_count=sign_count,
                require_user_verification=True,
            )
        except _BROKEN as error:
            raise _refused(error) from error
        self._remember(ticket, now)
        return found.new_sign_count

    def _ticket(self, act: Act, account: int | None, challenge: bytes, now: datetime) -> str:
        value = {"act": act, "account": account, "challenge": bytes_to_base64url(challenge)}
        return sealed.seal(self._secret, "passkey", value, now)

    def _challenge(self, act: Act, ticket: str, account: int | None, now: datetime) -> bytes:
        seconds = int(CHALLENGE_LIFE.total_seconds())
        value = sealed.unseal(self._secret, "passkey", ticket, now, seconds=seconds)
        used = _mark(ticket) in self._answered
        if value is None or used or value["act"] != act or value["account"] != account:
            raise Refused("passkey_late", "Запрос ключа доступа устарел. Попробуйте ещё раз.")
        return base64url_to_bytes(value["challenge"])

    def _remember(self, ticket: str, now: datetime) -> None:
        """The challenge is good no more. What has run out need not be remembered."""
        old = now - CHALLENGE_LIFE * 2
        self._answered = {mark: at for mark, at in self._answered.items() if at > old}
        self._answered[_mark(ticket)] = now


def credential_of(answer: object) -> str | None:
    """The id of the passkey an answer comes from, base64url; not verified."""
    found = answer.get("id") if isinstance(answer, dict) else None
    return found if isinstance(found, str) and len(found) <= 2000 else None


_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the library raises for answers that are broken in one way or another."""


def _refused(error: BaseException) -> Refused:
    return Refused(
        "passkey_wrong",
        "Ключ доступа не подошёл. Попробуйте ещё раз или войдите с паролем.",
        detail=type(error).__name__,
    )


def _as_dict(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("no credential")
    return answer


def _descriptors(credentials: Collection[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in credentials]


def _mark(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
