"""The rate at which messages leave: the Jupyter server drops what comes faster than 1,000 a second."""

from __future__ import annotations

import math

BURST = 8
"""Messages that may leave at once."""

RATE = 30.0
"""Messages a second after that; a screen shows no more."""


class MessageRate:
    """A bucket of ``burst`` tokens that refills at ``rate`` a second; a message takes one."""

    def __init__(self, burst: float = BURST, rate: float = RATE) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens = burst
        self._counted = -math.inf

    def allowed(self, now: float) -> int:
        """Return how many messages may leave at this moment."""
        if math.isinf(self._burst):
            return 1 << 30
        self._refill(now)
        return int(self._tokens)

    def take(self, now: float) -> None:
        """Count a message that leaves."""
        self._refill(now)
        self._tokens = max(0.0, self._tokens - 1)

    def next_allowed(self, now: float) -> float:
        """Return the moment from which one more message may leave."""
        if self.allowed(now) >= 1:
            return now
        return now + (1 - self._tokens) / self._rate

    def _refill(self, now: float) -> None:
        if now > self._counted:
            self._tokens = min(self._burst, self._tokens + (now - self._counted) * self._rate)
            self._counted = now


def unlimited() -> MessageRate:
    """Return a pace that holds nothing back: where no Jupyter server is between kernel and page."""
    return MessageRate(math.inf, math.inf)
