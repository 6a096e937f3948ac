"""The node's clock: monotonic seconds for order, NTP for the wire, both from one reading of the wall at start.

Sender reports of all jacks must lie on one timeline that never jumps, so the wall clock is read once and continued
by the monotonic clock; a correction of the machine's time does not move a running conference.
"""

import time
from collections.abc import Callable

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905)


class Clock:
    """`now` is monotonic seconds; `wall` and `ntp` are the same moment on the calendar."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self.now = monotonic
        self._offset = wall() - monotonic()

    def wall(self, moment: float) -> float:
        """Unix time in seconds of a monotonic moment."""
        return moment + self._offset

    def ntp(self, moment: float) -> int:
        """64-bit NTP timestamp (32.32 fixed point) of a monotonic moment."""
        return int((moment + self._offset + NTP_EPOCH) * 4_294_967_296) & 0xFFFF_FFFF_FFFF_FFFF

    def send_time(self, moment: float) -> int:
        """The same as 24-bit 6.18 fixed point seconds, for the header extension abs-send-time.

        The epochs of Unix and NTP are a multiple of 64 s apart, so both give the same.
        """
        return int((moment + self._offset) * 262_144) & 0xFF_FFFF


def ntp_seconds(timestamp: int) -> float:
    """Seconds since 1900 of a 64-bit NTP timestamp."""
    return timestamp / 4_294_967_296
