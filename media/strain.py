"""Whether a node keeps up, seen at its event loop: overload collapses, it does not degrade.

A stall now and then is the machine's; a loop that is late time and again has too much to do. Then no new conference
is taken, and the pictures of those that are there give way, so that the voices go on.
"""

from collections import deque

LATE = 0.1  # seconds the event loop may be late
WINDOW = 10  # observations
OFTEN = 3  # of these late ones
LEAST = 0.1  # of the pictures' bit rates
GIVING_WAY = 0.8  # at an observation under strain
RECOVERY = 1.05  # at one without


class Strain:
    """`note` takes how late the event loop was (seconds), regularly."""

    def __init__(self) -> None:
        self.share = 1.0  # of the pictures' bit rates that this node can carry now
        self._late: deque[float] = deque(maxlen=WINDOW)

    def note(self, late: float) -> None:
        self._late.append(late)
        self.share = max(LEAST, self.share * GIVING_WAY) if self.strained else min(1.0, self.share * RECOVERY)

    @property
    def late(self) -> float:
        """Seconds that at least `OFTEN` observations of the window were late."""
        return sorted(self._late)[-OFTEN] if len(self._late) >= OFTEN else 0.0

    @property
    def strained(self) -> bool:
        """Whether the node takes no new conference."""
        return self.late > LATE
