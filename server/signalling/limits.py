"""How much a page may send."""


class Bucket:
    """A token bucket: `burst` at once, `rate` per second afterwards."""

    def __init__(self, rate: float, burst: float, now: float = float("-inf")) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more is within the limits."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
