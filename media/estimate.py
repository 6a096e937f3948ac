"""What a publisher's line carries, estimated from the delay that its voice gathers on the way.

A line that is asked for too much lets everything wait in its queue, the voice too, and then loses it. A voice packet
says when it was made by its timestamp, so waiting is seen with one subtraction a packet and nothing parsed; the
estimate itself is made once a second. Loss without waiting is the air's, not the queue's, and lowers nothing here.
"""

from .rtp import AUDIO_CLOCK

WAITING = 0.1  # seconds of waiting that mean too much
EMPTY = 0.02  # seconds of waiting up to which more may be tried
LEAST = 64_000  # bit/s: a voice and nothing else
SHARE = 0.8  # of what came through is granted while the queue is emptied
GROWTH = 1.05  # a second, near the rate at which the queue grew last
RETURN = 1.3  # a second, far from it
FULL = 0.1  # lost part of the voice that tells of an overflowing queue
DRIFT = 0.0002  # seconds a second that the publisher's clock may run behind
PATIENCE = 3  # reductions that do not help, after which the delay is the line's own
TOLD_SHARE = 0.9  # of what is sent: a listener who can take less is sent less
LISTENER_GROWTH = 1.03  # a second
JUMP = 5.0  # seconds a timestamp may be off before it begins a new count


class Estimate:
    """For one connection. `arrived` takes its voice packets, `limit` gives the bit rate to grant."""

    def __init__(self) -> None:
        self._rate: float | None = None  # bit/s; None while nothing speaks against the policy
        self._start: tuple[int, float] | None = None  # a timestamp and its arrival
        self._least: float | None = None  # delay against `_start` of this second's quickest packet
        self._own: float | None = None  # the line's own delay: the quickest packet's ever, but for the drift
        self._counted: tuple[float, int] | None = None
        self._before: float | None = None  # the rate when the queue began to grow
        self._knee = 0.0  # what came through when the queue began to grow
        self._worst = 0.0
        self._reductions = 0

    def arrived(self, timestamp: int, arrival: float) -> None:
        if self._start is None:
            self._start = timestamp, arrival
        ahead = (timestamp - self._start[0]) & 0xFFFF_FFFF
        ahead -= (ahead & 0x8000_0000) << 1
        delay = arrival - self._start[1] - ahead / AUDIO_CLOCK
        if abs(delay) > JUMP:
            self._start, delay = (timestamp, arrival), 0.0
            self._own = self._least = None
        if self._least is None or delay < self._least:
            self._least = delay

    def limit(self, now: float, octets: int, lost: float, policy: int) -> int:
        """The bit rate to grant, at most `policy`. To be asked once a second.

        `octets` is all that ever came, `lost` the part of the voice (0…1) that did not of late.
        """
        then, counted = self._counted or (now, octets)
        if self._counted is None or now - then >= 0.9:
            self._counted = now, octets
            if self._least is not None and now > then:
                self._second((octets - counted) * 8 / (now - then), lost, policy)
            self._least = None
        return policy if self._rate is None else min(policy, round(self._rate))

    def _second(self, came: float, lost: float, policy: int) -> None:
        assert self._least is not None
        self._own = self._least if self._own is None else min(self._own + DRIFT, self._least)
        waiting = self._least - self._own
        if waiting <= WAITING:
            self._reductions, self._before = 0, None
            if self._rate is not None and waiting <= EMPTY:
                near = 0.8 * self._knee < self._rate < 1.2 * self._knee
                self._rate = None if self._rate >= policy else self._rate * (GROWTH if near else RETURN)
            return
        if not self._reductions:
            self._before, self._worst, self._knee = self._rate, waiting, came
        self._reductions += 1
        if self._reductions > PATIENCE and waiting > self._worst * 0.7 and lost < FULL:
            # Less did not help, and nothing overflows: the way itself has become longer.
            self._own = self._least
            self._rate, self._reductions = self._before, 0
            return
        self._worst = max(self._worst, waiting)
        self._rate = max(LEAST, min(came * SHARE, self._rate or policy))


class Downlink:
    """What the line to a listener carries, as far as his browser's REMB tells (bit/s).

    A browser's estimate never rises far above what it gets, so it says something only when it lies below that. Nor
    does it rise quickly: after a time of little, one that lies below and does not fall is only on its way up.
    """

    def __init__(self) -> None:
        self.most: float | None = (
            None  # bit/s of all that is sent to him; None while nothing speaks against it
        )
        self._told: int | None = None
        self._told_before: int | None = None
        self._counted: tuple[float, int] | None = None

    def told(self, remb: int) -> None:
        self._told = remb

    def second(self, now: float, octets: int, policy: int) -> None:
        """To be called once a second: `octets` is all that was ever sent to him, `policy` what he would get."""
        then, counted = self._counted or (now, octets)
        self._counted = now, octets
        told, before, self._told = self._told, self._told_before, None
        sent = (octets - counted) * 8 / (now - then) if now > then else 0.0
        falls = told is not None and (before is None or told < before)
        if told is not None:
            self._told_before = told
        if told is not None and falls and sent > LEAST and told < sent * TOLD_SHARE:
            self.most = max(LEAST, told * TOLD_SHARE)
        elif self.most is not None:
            self.most = self.most * LISTENER_GROWTH
            if self.most >= policy:
                self.most = None
