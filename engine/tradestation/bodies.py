"""Orders as TradeStation is told them. Prices are exact text per share; a credit is a negative limit.

Sources: the OpenAPI document's examples of option spreads and covered stock; a negative limit as a credit is confirmed
by another client's code. Quantities are contracts (or shares) in all, not ratios.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from engine.core.money import UNIT, Money
from engine.domain.order import Order, OrderPurpose
from engine.tradestation.symbols import symbol_of

Body: TypeAlias = dict[str, object]

CONFIRM_ID = re.compile(r"[A-Za-z0-9]{1,22}")
"""Our client ids: they take 1 to 22 characters, and refuse a second order of one within a key and a user."""


def order_body(order: Order, account_id: str, confirm_id: str, held: Mapping[str, int]) -> Body:
    """The body of a new order, also of its preview. `held` is what the account holds, by OCC symbol or ticker.

    Whether a leg opens or closes is said of the account, not of one of our positions: a leg against what is held
    closes. A leg that would do both at once cannot be said in one order: ValueError, as for a client id that is none,
    and for a closing of what the account does not have, unless it is marked as netted with other positions: what
    somebody else has sold would be sold once more.
    """
    moves = order.structure.moves(order.side * order.quantity)
    closes = {name: _closes(count, held.get(name, 0)) for name, count in moves.items()}
    if order.purpose is OrderPurpose.CLOSE and not order.is_netted and not all(closes.values()):
        missing = sorted(name for name, is_there in closes.items() if not is_there)
        raise ValueError(f"{order.order_id} closes {', '.join(missing)}, which the account does not hold")
    if not CONFIRM_ID.fullmatch(confirm_id):
        raise ValueError(f"{confirm_id!r} is no client id: 1 to 22 letters and digits")
    body: Body = {
        "AccountID": account_id,
        "OrderConfirmID": confirm_id,
        "OrderType": "Limit",
        "LimitPrice": price_text(order.limit),
        "TimeInForce": {"Duration": "DAY"},
        "Route": "Intelligent",
    }
    if order.structure.legs:
        body["Legs"] = [
            {
                "Symbol": symbol_of(leg.contract),
                "Quantity": str(abs(leg.ratio) * order.quantity),
                "TradeAction": _option_action(leg.ratio, is_closing=closes[leg.contract.occ]),
            }
            for leg in order.trades
        ]
        return body
    symbol = order.structure.symbol
    action = _share_action(moves[symbol], is_closing=closes[symbol])
    # Of one side only: the limit of shares is a price, whichever way they go.
    body["LimitPrice"] = price_text(abs(order.limit))
    return body | {"Symbol": symbol, "Quantity": str(abs(moves[symbol])), "TradeAction": action}


def replace_body(order: Order, limit: Money) -> Body:
    """The body of a new limit for what is left of an order; nothing else of it changes, its type cannot."""
    return {"LimitPrice": price_text(limit if order.structure.legs else abs(limit))}


def price_text(price: Money) -> str:
    """A price a share, exactly: `-1.05`, `12`."""
    whole, rest = divmod(abs(price), UNIT)
    text = f"{whole}.{rest:04d}".rstrip("0").rstrip(".") if rest else str(whole)
    return f"-{text}" if price < 0 else text


def _option_action(contracts: int, *, is_closing: bool) -> str:
    return f"{'BUY' if contracts > 0 else 'SELL'}{'TOCLOSE' if is_closing else 'TOOPEN'}"


def _share_action(shares: int, *, is_closing: bool) -> str:
    if shares > 0:
        return "BUYTOCOVER" if is_closing else "BUY"
    return "SELL" if is_closing else "SELLSHORT"


def _closes(traded: int, held: int) -> bool:
    if traded * held >= 0:
        return False
    if abs(traded) > abs(held):
        raise ValueError(f"{traded:+} against {held:+} that are held: one order cannot close and open")
    return True
