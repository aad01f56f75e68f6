"""How often TradeStation may be asked, so that it never has to refuse, and a cancel never has to wait for a scan.

Their limits are rolling: so many requests in any stretch of so many seconds, by key and user. Of each a share is kept
back for what is urgent (cancels, questions about orders, the account). Source: their published table of rate limits;
for orders they publish none, ours is a guess on the safe side. Times are an argument; nothing here sleeps.
"""

import datetime as dt
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

KEPT_BACK_PCT = 25
"""Share of every limit that only what is urgent may use."""

FIRST_WAIT = dt.timedelta(seconds=2)
LONGEST_WAIT = dt.timedelta(minutes=5)


class Resource(Enum):
    """What has a limit of its own."""

    ACCOUNT = "accounts, order details, balances, positions"
    QUOTES = "snapshots of quotes"
    MARKET_STREAM = "opening streams of quotes and bars"
    EXPIRATIONS = "expirations"
    STRIKES = "strikes"
    CHAIN_STREAM = "opening streams of chains"
    BARS = "bars"
    ORDERS = "orders: placed, replaced, cancelled, previewed"


LIMITS: dict[Resource, tuple[int, int]] = {
    Resource.ACCOUNT: (250, 300),  # an older page; a newer one says 320
    Resource.QUOTES: (150, 300),  # 500 by the newer page, 30 a minute by the older
    Resource.MARKET_STREAM: (500, 300),
    Resource.EXPIRATIONS: (90, 60),
    Resource.STRIKES: (90, 60),
    Resource.CHAIN_STREAM: (90, 60),
    Resource.BARS: (250, 300),  # none published, as for orders
    Resource.ORDERS: (100, 60),
}
"""Requests, and within how many seconds; the lower one where pages differ."""


@dataclass(slots=True)
class _Use:
    asked: deque[dt.datetime] = field(default_factory=deque)
    shut_until: dt.datetime | None = None
    wait: dt.timedelta = FIRST_WAIT


class Quotas:
    """What has been asked lately, of one key and user. `share_pct` is ours where other programs use the same key."""

    def __init__(self, share_pct: int = 100) -> None:
        self._share_pct = share_pct
        self._uses = {resource: _Use() for resource in Resource}

    def take(self, resource: Resource, now: dt.datetime, *, is_urgent: bool = False) -> dt.datetime | None:
        """Count a request that is about to leave, and None; or when it may be tried again, and nothing is counted."""
        use = self._uses[resource]
        if use.shut_until is not None and now < use.shut_until:
            return use.shut_until
        limit, seconds = LIMITS[resource]
        period = dt.timedelta(seconds=seconds)
        while use.asked and use.asked[0] <= now - period:
            use.asked.popleft()
        most = max(1, limit * self._share_pct // 100)
        if not is_urgent:
            most = max(1, most * (100 - KEPT_BACK_PCT) // 100)
        if len(use.asked) >= most:
            return use.asked[-most] + period
        use.asked.append(now)
        return None

    def refused(self, resource: Resource, now: dt.datetime, headers: Mapping[str, str]) -> dt.datetime:
        """It was asked too often all the same (429): nothing more until the returned instant, each time later.

        `headers` may say in how many seconds everything is free again; names in small letters.
        """
        use = self._uses[resource]
        said = _seconds(headers.get("retry-after")) or _seconds(headers.get("x-ratelimit-reset"))
        wait = max(use.wait, said or use.wait)
        use.wait = min(use.wait * 2, LONGEST_WAIT)
        use.shut_until = now + min(wait, LONGEST_WAIT)
        return use.shut_until

    def answered(self, resource: Resource) -> None:
        """It was answered: the next refusal waits from the shortest again."""
        self._uses[resource].wait = FIRST_WAIT


def _seconds(text: str | None) -> dt.timedelta | None:
    """A header's whole number of seconds; None for what is none."""
    if text is None or not text.strip().isascii() or not text.strip().isdigit() or len(text.strip()) > 6:
        return None
    return dt.timedelta(seconds=int(text))
