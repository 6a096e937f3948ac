"""The one door: page, WebSocket, reload, second tab, reconnect and API all come through here."""

import base64
import hmac
from dataclasses import dataclass

from server.clock import Clock
from server.errors import LinkProblem, NotFound
from server.exam.seats import GATED
from server.store import days, links
from server.store.database import Store
from server.store.records import ExamDay, School, SeatRow


@dataclass(frozen=True, slots=True)
class Opened:
    """What a valid link opens."""

    seat: SeatRow
    school: School
    day: ExamDay
    rehearsal: bool = False
    """On an earlier day: only for trying the devices out."""


class Door:
    """Checks links. Holds the key of all links of this server."""

    def __init__(self, store: Store, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock

    async def open(self, token: str) -> Opened:
        """The seat of the link. Raises LinkProblem: foreign, revoked, expired, wrong day, or one to sign in for.

        Before the day a participant's or an assistant's link opens a rehearsal. On the day a valid link is never told
        "closed" or "full". The problem's times are the school's.
        """
        now = self._clock.now()
        async with self._store.read() as session:
            seat = await links.seat_of(session, self._secret, token)
            if seat is None:
                # Who to call is known only where one school alone has an exam today.
                today = await days.today(session, now)
                if len(today) != 1:
                    raise LinkProblem("foreign")
                school, _ = await days.load_header(session, today[0])
                raise LinkProblem("foreign", school=school.name, phone=school.phone)
            school, day = await days.load_header(session, seat.day_id)
        try:
            self._check(seat, school, day)
        except LinkProblem as problem:
            if problem.kind != "wrong_day" or seat.kind not in GATED or not seat.by_link:
                raise
            return Opened(seat, school, day, rehearsal=True)
        if not seat.by_link:
            raise LinkProblem("login", school=school.name, phone=school.phone)
        return Opened(seat, school, day)

    async def open_signed_in(self, seat_id: str, person_id: int) -> Opened:
        """The seat of somebody of the staff who has signed in, on its day.

        Raises NotFound for a seat of another person, LinkProblem for one that is revoked or not of today.
        """
        async with self._store.read() as session:
            seat = await links.seat_by_id(session, seat_id)
            if seat is None or seat.person_id != person_id:
                raise NotFound(detail="seat of this person")
            school, day = await days.load_header(session, seat.day_id)
        self._check(seat, school, day)
        return Opened(seat, school, day)

    def _check(self, seat: SeatRow, school: School, day: ExamDay) -> None:
        """LinkProblem unless the seat opens now; its times are the school's."""
        try:
            links.check(seat, school, day, self._clock.now())
        except LinkProblem as problem:
            if problem.opens_at is not None:
                problem.opens_at = problem.opens_at.astimezone(school.zone)
            raise

    def mark(self, kind: str, seat_id: str, text: str) -> str:
        """A keyed mark of something personal about whoever opens a link: the same again, and never read back."""
        digest = hmac.digest(self._secret, f"{kind}/{seat_id}/{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:12]).decode()

    def token(self, seat_id: str, number: int = 0) -> str:
        """The token of a seat's own link, after so many replacements."""
        return links.token_for(self._secret, seat_id, number)
