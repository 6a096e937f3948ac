"""Who may open what: one table for every address of the service, and the one middleware that obeys it.

Roles come from the account (organizer of a school, operator of the server) and from the commission of the day. A school
that somebody has nothing to do with does not exist for him: 404, not 403.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Middleware

from server.errors import Forbidden, NotFound
from server.exam.people import CommissionRole
from server.log import bound
from server.store import days, staff
from server.store.database import Store
from server.store.records import Account, ExamDay, School, SignedIn

from .csrf import Csrf
from .logins import Logins
from .request import number_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Role(StrEnum):
    """What somebody who signed in is here: the roles of a commission, and the operator of the server."""

    OPERATOR = "operator"
    ORGANIZER = "organizer"
    EXAMINER = "examiner"
    EXPERT = "expert"
    SPECIALIST = "specialist"
    USHER = "usher"
    OBSERVER = "observer"
    ASSISTANT = "assistant"
    MEDICAL = "medical"
    HEAD = "head"
    CHECKING_CHAIR = "checking_chair"
    OFFICIAL = "official"


class Scope(StrEnum):
    """What the address is about: `{school}` or `{day}` in it, or neither."""

    SERVER = "server"
    SCHOOL = "school"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Rule:
    """`everybody` needs no signing in (links are checked at the door); `signed_in` needs no role."""

    scope: Scope = Scope.SERVER
    roles: frozenset[Role] = frozenset()
    everybody: bool = False
    signed_in: bool = False


EVERYBODY = Rule(everybody=True)
SIGNED_IN = Rule(signed_in=True)


def of_server(*roles: Role) -> Rule:
    return Rule(Scope.SERVER, frozenset(roles))


def of_school(*roles: Role) -> Rule:
    return Rule(Scope.SCHOOL, frozenset(roles))


def of_day(*roles: Role) -> Rule:
    return Rule(Scope.DAY, frozenset(roles))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, what he is here, and what the address is about."""

    signed: SignedIn
    roles: frozenset[Role]
    school: School | None
    day: ExamDay | None

    @property
    def account(self) -> Account:
        return self.signed.account

    @property
    def here(self) -> School:
        """The school of a school's or a day's address."""
        if self.school is None:
            raise NotFound(detail="no school in the address")
        return self.school

    @property
    def today(self) -> ExamDay:
        """The day of a day's address."""
        if self.day is None:
            raise NotFound(detail="no day in the address")
        return self.day

    def is_any(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


VIEWER = web.RequestKey("viewer", Viewer)


def viewer(request: web.Request) -> Viewer:
    """Who asks; only on addresses that need signing in."""
    return request[VIEWER]


Key = tuple[Literal["GET", "POST"], str]


def admitted(matrix: dict[Key, Rule], store: Store, logins: Logins, csrf: Csrf) -> Middleware:
    """Obeys the matrix. An address that is not in it is refused to everybody."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is None:
            return await handler(request)
        method: Literal["GET", "POST"] = "POST" if request.method == "POST" else "GET"
        rule = matrix.get((method, resource.canonical))
        if rule is None:
            raise Forbidden(detail="an address without a rule")
        if rule.everybody:
            return await handler(request)
        signed = await logins.viewer_login(request)
        if signed is None or not signed.complete:
            return _sign_in(request, halfway=signed is not None)
        found = await _viewer(store, signed, rule.scope, request.match_info)
        if not rule.signed_in and found.roles.isdisjoint(rule.roles):
            if not found.roles:
                raise NotFound(detail="somebody else's")
            raise Forbidden(detail=f"{resource.canonical} for {sorted(found.roles)}")
        if method == "POST":
            await csrf.check(request)
        request[VIEWER] = found
        with bound(account=signed.account.id):
            return await handler(request)

    return middleware


async def _viewer(store: Store, signed: SignedIn, scope: Scope, match: web.UrlMappingMatchInfo) -> Viewer:
    """Raises NotFound where there is no such school or day."""
    account = signed.account
    school: School | None = None
    day: ExamDay | None = None
    roles: set[Role] = set()
    async with store.read() as session:
        if scope is Scope.DAY:
            school, day = await days.load_header(session, number_of(match["day"]))
            roles |= {_of_commission(one) for one in await staff.roles_of(session, day.id, account.person_id)}
        elif scope is Scope.SCHOOL:
            school = await days.school_of(session, number_of(match["school"]))
    if account.standing == "operator":
        roles.add(Role.OPERATOR)
    if account.standing == "organizer" and (school is None or school.id == account.school_id):
        roles.add(Role.ORGANIZER)
    return Viewer(signed, frozenset(roles), school, day)


def _of_commission(role: CommissionRole) -> Role:
    return Role(role.value)


def _sign_in(request: web.Request, *, halfway: bool) -> web.Response:
    """To the sign-in page and back; a script or a form is only told."""
    if request.method != "GET" or request.headers.get("Sec-Fetch-Dest", "document") != "document":
        raise Forbidden("sign_in", "Войдите ещё раз: вход закончился.", detail="not signed in")
    page = "/login/second" if halfway else "/login"
    raise web.HTTPSeeOther(f"{page}?next={quote(request.path_qs, safe='/')}")
