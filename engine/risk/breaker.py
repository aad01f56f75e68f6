"""Circuit breakers: pure rules that say when losses must pause something."""

from engine.core.money import Money


def daily_loss_reached(day_pnl: Money | None, limit: Money | None) -> bool:
    """Whether a module's day P&L has reached its daily loss limit (an amount of dollars, positive), and it must pause.

    Inclusive: exactly at the limit is reached. An unknown P&L or limit pauses nothing, because an absent mark is no
    loss; openings are denied then by the gate. Source: product terms, "Day P&L <= -daily_loss_limit".
    """
    if day_pnl is None or limit is None:
        return False
    return day_pnl <= -limit
