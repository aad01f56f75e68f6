"""What TradeStation says, typed: answers to requests and lines of streams.

Blank fields may be null or left out, so nearly every field may be None; numbers come as text or as numbers and become
`Decimal`, never floats; fields that we do not use are not read. What does not fit is `Parked` with the reason: it is
shown to a person and nothing is concluded from it. Names and types: the OpenAPI document (v3) and captured frames.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

MOST_DIGITS = 15
"""Before the decimal point: a number that has more is an error."""


def _wire_name(name: str) -> str:
    """`account_id` is `AccountID` over there."""
    return "".join("ID" if part == "id" else part.capitalize() for part in name.split("_"))


class Wired(msgspec.Struct, frozen=True, kw_only=True, rename=_wire_name):
    """Anything of theirs. A number that is not finite, or absurdly large, makes it invalid."""

    def __post_init__(self) -> None:
        """Called for every one that is decoded; msgspec turns what it raises into its own error."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not (value.is_finite() and value.adjusted() <= MOST_DIGITS):
                raise ValueError(f"{_wire_name(name)} is no number that can be: {value!s:.40}")


@dataclass(frozen=True, slots=True)
class Parked:
    """What could not be read, or what we do not know: why, and the beginning of it for whoever looks into it."""

    why: str
    text: str = field(default="", repr=False)
    """Kept out of `repr`, and so out of logs: it may name an account."""


# --- every stream ----------------------------------------------------------------------------------------------------
class Heartbeat(Wired, frozen=True, kw_only=True):
    """Nothing has happened for five seconds, and the stream lives."""

    heartbeat: int
    timestamp: dt.datetime | None = None


class StreamStatus(Wired, frozen=True, kw_only=True):
    """`EndSnapshot`: what follows is new. `GoAway`: it ends here, a new one has to be opened."""

    stream_status: str


class Failure(Wired, frozen=True, kw_only=True):
    """An error, of a stream or of a request; HTTP 200 may carry one."""

    error: str
    message: str | None = None
    account_id: str | None = None
    order_id: str | None = None
    symbol: str | None = None


# --- orders ----------------------------------------------------------------------------------------------------------
class OrderLeg(Wired, frozen=True, kw_only=True):
    """One leg; `exec_quantity` is cumulative, in contracts or shares."""

    symbol: str | None = None
    buy_or_sell: str | None = None
    open_or_close: str | None = None
    asset_type: str | None = None
    quantity_ordered: Decimal | None = None
    quantity_remaining: Decimal | None = None
    exec_quantity: Decimal | None = None
    execution_price: Decimal | None = None


class OrderFrame(Wired, frozen=True, kw_only=True):
    """An order as it stands, whole and cumulative in every frame."""

    order_id: str | None = None
    account_id: str | None = None
    status: str | None = None
    status_description: str | None = None
    legs: tuple[OrderLeg, ...] = ()
    order_type: str | None = None
    duration: str | None = None
    limit_price: Decimal | None = None
    filled_price: Decimal | None = None
    commission_fee: Decimal | None = None
    unbundled_route_fee: Decimal | None = None
    opened_date_time: dt.datetime | None = None
    closed_date_time: dt.datetime | None = None
    reject_reason: str | None = None


class OrdersAnswer(Wired, frozen=True, kw_only=True):
    """Orders of accounts, a page of them."""

    orders: tuple[OrderFrame, ...] = ()
    errors: tuple[Failure, ...] = ()
    next_token: str | None = None


class PlacedOrder(Wired, frozen=True, kw_only=True):
    """An order that was taken, or (`error`) was not although the answer says 200."""

    order_id: str | None = None
    message: str | None = None
    error: str | None = None


class PlacedAnswer(Wired, frozen=True, kw_only=True):
    """What became of a placed order."""

    orders: tuple[PlacedOrder, ...] = ()
    errors: tuple[PlacedOrder, ...] = ()


class ConfirmedLeg(Wired, frozen=True, kw_only=True):
    """A leg of a preview."""

    symbol: str | None = None
    quantity: Decimal | None = None
    trade_action: str | None = None


class ConfirmedOrder(Wired, frozen=True, kw_only=True):
    """A preview: what an order would cost, and what it would take of buying power (options: initial margin)."""

    account_id: str | None = None
    order_confirm_id: str | None = None
    summary_message: str | None = None
    estimated_price: Decimal | None = None
    estimated_cost: Decimal | None = None
    estimated_commission: Decimal | None = None
    initial_margin_display: str | None = None
    debit_credit_estimated_cost: Decimal | None = None
    legs: tuple[ConfirmedLeg, ...] = ()


class ConfirmedOrders(Wired, frozen=True, kw_only=True):
    """Previews, as today's service wraps them; the document has them as a bare list."""

    confirmations: tuple[ConfirmedOrder, ...] = ()


# --- account ---------------------------------------------------------------------------------------------------------
class AccountDetail(Wired, frozen=True, kw_only=True):
    """What an account may do."""

    option_approval_level: int | None = None
    pattern_day_trader: bool | None = None
    day_trading_qualified: bool | None = None


class Account(Wired, frozen=True, kw_only=True):
    """One account of the user."""

    account_id: str
    account_type: str | None = None
    currency: str | None = None
    status: str | None = None
    account_detail: AccountDetail | None = None


class AccountsAnswer(Wired, frozen=True, kw_only=True):
    """The user's accounts."""

    accounts: tuple[Account, ...] = ()


class BalanceDetail(Wired, frozen=True, kw_only=True):
    """More of a balance."""

    option_buying_power: Decimal | None = None
    overnight_buying_power: Decimal | None = None
    required_margin: Decimal | None = None
    realized_profit_loss: Decimal | None = None
    unrealized_profit_loss: Decimal | None = None
    unsettled_funds: Decimal | None = None


class Balance(Wired, frozen=True, kw_only=True):
    """Cash and buying power of one account, in dollars."""

    account_id: str
    account_type: str | None = None
    cash_balance: Decimal | None = None
    buying_power: Decimal | None = None
    equity: Decimal | None = None
    market_value: Decimal | None = None
    uncleared_deposit: Decimal | None = None
    commission: Decimal | None = None
    balance_detail: BalanceDetail | None = None


class BalancesAnswer(Wired, frozen=True, kw_only=True):
    """Balances of accounts."""

    balances: tuple[Balance, ...] = ()
    errors: tuple[Failure, ...] = ()


class PositionFrame(Wired, frozen=True, kw_only=True):
    """A position: contracts or shares, negative when short; `deleted` with its id alone when it has ended."""

    position_id: str | None = None
    account_id: str | None = None
    symbol: str | None = None
    asset_type: str | None = None
    long_short: str | None = None
    quantity: Decimal | None = None
    average_price: Decimal | None = None
    total_cost: Decimal | None = None
    timestamp: dt.datetime | None = None
    deleted: bool = False


class PositionsAnswer(Wired, frozen=True, kw_only=True):
    """Positions of accounts."""

    positions: tuple[PositionFrame, ...] = ()
    errors: tuple[Failure, ...] = ()


# --- market data -----------------------------------------------------------------------------------------------------
class QuoteFrame(Wired, frozen=True, kw_only=True):
    """A quote: the first of a stream is whole, later ones hold what has changed."""

    symbol: str
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None
    close: Decimal | None = None
    previous_close: Decimal | None = None
    volume: Decimal | None = None
    trade_time: dt.datetime | None = None


class QuotesAnswer(Wired, frozen=True, kw_only=True):
    """Quotes of up to a hundred symbols."""

    quotes: tuple[QuoteFrame, ...] = ()
    errors: tuple[Failure, ...] = ()


class SpreadLeg(Wired, frozen=True, kw_only=True):
    """A leg of a chain's row."""

    symbol: str
    ratio: int | None = None
    strike_price: Decimal | None = None
    expiration: dt.datetime | None = None
    option_type: str | None = None
    asset_type: str | None = None


class SpreadRow(Wired, frozen=True, kw_only=True):
    """A row of a chain: one option, or a package."""

    legs: tuple[SpreadLeg, ...]
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None
    volume: Decimal | None = None
    daily_open_interest: Decimal | None = None
    implied_volatility: Decimal | None = None
    delta: Decimal | None = None


class Expiration(Wired, frozen=True, kw_only=True):
    """An expiration of an underlying's options."""

    date: dt.datetime
    root: str | None = None
    type: str | None = None


class ExpirationsAnswer(Wired, frozen=True, kw_only=True):
    """Expirations of an underlying."""

    expirations: tuple[Expiration, ...] = ()


class StrikesAnswer(Wired, frozen=True, kw_only=True):
    """Strikes of an expiration: one list for each spread, of one strike where the spread is a single option."""

    strikes: tuple[tuple[Decimal, ...], ...] = ()
    spread_type: str | None = None


class Bar(Wired, frozen=True, kw_only=True):
    """Prices of a period."""

    time_stamp: dt.datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    total_volume: Decimal | None = None
    bar_status: str | None = None
    is_end_of_history: bool = False
    is_realtime: bool = False


class BarsAnswer(Wired, frozen=True, kw_only=True):
    """Bars of a symbol."""

    bars: tuple[Bar, ...] = ()


# --- signing in ------------------------------------------------------------------------------------------------------
class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens; what they are is in no `repr`. A refresh brings a new refresh token only where keys rotate."""

    access_token: str
    expires_in: int
    token_type: str
    scope: str = ""
    refresh_token: str | None = None

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"TokenAnswer(scope={self.scope!r}, expires_in={self.expires_in})"


class SignInFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why no token was given."""

    error: str
    error_description: str = ""
