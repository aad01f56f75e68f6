"""Mutants that change nothing that could be noticed, each with the reason.

By file: the line as it is written (so that an entry goes with its line when others move), the change as the run prints
it, and why no test can tell. An entry that matches no mutant of today's source, or more than one, fails a test.
"""

_DRAWDOWN = (
    "if drawdown is not None and limits.drawdown_pct is not None and drawdown_reached(drawdown, limits.drawdown_pct):"
)
_SHOWN = "drawdown is not None and limits.drawdown_pct is not None and drawdown_reached(drawdown, limits.drawd"

EQUIVALENT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "engine/domain/order.py": (
        (
            "return tuple(Leg(leg.contract, leg.ratio * self.side) for leg in self.structure.legs)",
            "leg.ratio * self.side -> leg.ratio // self.side",
            "a side is 1 or -1, by which dividing and multiplying are the same",
        ),
    ),
    "engine/runtime/breaking.py": (
        (
            "if book.breaker and not is_answered:",
            "book.breaker and (not is_answered) -> not is_answered",
            "without a breaker none was planned for either, and what is not there is answered",
        ),
        (
            "if limits.day_loss is not None and daily_loss_reached(day, limits.day_loss):",
            (
                "limits.day_loss is not None and daily_loss_reached(day, limits.day_loss)"
                " -> daily_loss_reached(day, limits.day_loss)"
            ),
            "no limit is never reached; the condition is for the types",
        ),
        (
            _DRAWDOWN,
            f"{_SHOWN} -> limits.drawdown_pct is not None and drawdown_reached(drawdown, limits.drawdown_pct)",
            "an unknown drawdown reaches nothing; the condition is for the types",
        ),
        (
            _DRAWDOWN,
            f"{_SHOWN} -> drawdown is not None and drawdown_reached(drawdown, limits.drawdown_pct)",
            "no limit is never reached; the condition is for the types",
        ),
        (
            "if plan is None or desk.halted:",
            "plan is None or desk.halted -> desk.halted",
            "whoever carries a plan out has one; the condition is for the types",
        ),
    ),
    "engine/risk/checks_market.py": (
        (
            "return tuple(zip(names, quotes, strict=True))",
            "True -> False",
            "the line before has made both of one length",
        ),
        (
            "if quote is None or quote.bid is None or quote.ask is None or problem is not None:",
            (
                "quote is None or quote.bid is None or quote.ask is None or (problem is not None)"
                " -> quote is None or quote.ask is None or problem is not None"
            ),
            "a quote without a bid has a problem; the condition is for the types",
        ),
        (
            "if quote is None or quote.bid is None or quote.ask is None or problem is not None:",
            (
                "quote is None or quote.bid is None or quote.ask is None or (problem is not None)"
                " -> quote is None or quote.bid is None or problem is not None"
            ),
            "a quote without an ask has a problem; the condition is for the types",
        ),
    ),
    "engine/risk/checks_trade.py": (
        (
            "return shares_of(structure.symbol, is_long=structure.shares > 0).kind if is_one else None",
            "structure.shares > 0 -> structure.shares >= 0",
            "where it is used there is one share, or minus one",
        ),
    ),
    "engine/ledger/fold_orders.py": (
        (
            "for leg, done in zip(order.trades, _done(order), strict=True):",
            "True -> False",
            (
                "they have one length: the first fill of an order is refused where its legs, prices and counts di"
                "ffer in number"
            ),
        ),
        (
            "yield None, order.structure.shares * order.side * order.remaining",
            "order.structure.shares * order.side -> order.structure.shares // order.side",
            "a side is 1 or -1, and so is one unit of shares: dividing and multiplying are the same",
        ),
        (
            (
                "done = tuple(count - broken.get(leg.contract, 0) for count, leg in zip(_done(order), order.trade"
                "s, strict=True))"
            ),
            "True -> False",
            (
                "they have one length: the first fill of an order is refused where its legs, prices and counts di"
                "ffer in number"
            ),
        ),
        (
            "if event.net_price != order.side * order.structure.shares * price:",
            "order.side * order.structure.shares -> order.side // order.structure.shares",
            "a side is 1 or -1, and so is one unit of shares: dividing and multiplying are the same",
        ),
        (
            "return [Trade(None, order.structure.shares * order.side * event.quantity, price)]",
            "order.structure.shares * order.side -> order.structure.shares // order.side",
            "a side is 1 or -1, and so is one unit of shares: dividing and multiplying are the same",
        ),
        (
            "net = sum(leg.ratio * price for leg, price in zip(parts, event.leg_prices, strict=True))",
            "True -> False",
            "the trades are made of the same two a few lines below, where another length is refused",
        ),
        (
            "done = tuple(before + count for before, count in zip(_done(order), traded, strict=True))",
            "True -> False",
            "the trades were made of the same counts before, where another length is refused",
        ),
        (
            "for count, leg in zip(done, order.trades, strict=True):",
            "True -> False",
            (
                "they have one length: the first fill of an order is refused where its legs, prices and counts di"
                "ffer in number"
            ),
        ),
        (
            "if count * leg.ratio < 0 or abs(count) > abs(leg.ratio) * order.quantity:",
            "count * leg.ratio -> count // leg.ratio",
            "whether two whole numbers but 0 have different signs shows in their product as in their quotient",
        ),
        (
            "return min(count // leg.ratio for count, leg in zip(done, order.trades, strict=True))",
            "True -> False",
            (
                "they have one length: the first fill of an order is refused where its legs, prices and counts di"
                "ffer in number"
            ),
        ),
        (
            (
                "if any(count != leg.ratio * order.filled for count, leg in zip(_done(order), order.trades, stric"
                "t=True)):"
            ),
            "True -> False",
            (
                "they have one length: the first fill of an order is refused where its legs, prices and counts di"
                "ffer in number"
            ),
        ),
    ),
    "engine/ledger/fold_positions.py": (
        (
            ("if before is not None and before.structure == after.structure and after.quantity < before.quantity:"),
            "after.quantity < before.quantity -> after.quantity <= before.quantity",
            ("what is traded changes the structure or its units; a trade that changes neither would trade nothing"),
        ),
        (
            "if lineage.net <= 0 and position.closed_at is not None:",
            "lineage.net <= 0 and position.closed_at is not None -> lineage.net <= 0",
            "what is retired has ended, at a time; the condition is for the types",
        ),
        (
            "sign = 1 if count > 0 else -1",
            "count > 0 -> count >= 0",
            "contracts that end are held, which was asked before: their count is not 0",
        ),
        (
            "if odd or not 0 < units < position.quantity or event.split_into != book.next_position_id:",
            "0 < units < position.quantity -> 0 <= units < position.quantity",
            "contracts that make no whole unit are odd",
        ),
        (
            (
                "wanted: dict[OptionContract | None, int] = {each.contract: each.ratio * units for each in positi"
                "on.structure.legs}"
            ),
            "OptionContract | None -> OptionContract & None",
            "the type of a local name is never worked out",
        ),
        (
            "if held * event.quantity < 0 and abs(held) >= abs(event.quantity):",
            "held * event.quantity < 0 -> held * event.quantity <= 0",
            "who holds none of it has not as much as is gone, either",
        ),
        (
            "if held * event.quantity < 0 and abs(held) >= abs(event.quantity):",
            "held * event.quantity -> held // event.quantity",
            "whether two whole numbers but 0 have different signs shows in their product as in their quotient",
        ),
        (
            "if held * event.quantity < 0 and abs(held) >= abs(event.quantity):",
            "0 -> 1",
            "who holds none of it has not as much as is gone, either",
        ),
    ),
    "engine/runtime/order_reports.py": (
        (
            (
                "ended = None if position is not None else ended_trade(desk.ledger.closed(), order.position_id, d"
                "esk.book.lineages)"
            ),
            (
                "None if position is not None else ended_trade(desk.ledger.closed(), order.position_id, desk.book"
                ".lin -> ended_trade(desk.ledger.closed(), order.position_id, desk.book.lineages)"
            ),
            "what is open is not among what ended; the condition spares reading all that did",
        ),
        (
            (
                "if not len(done) == len(report.contracts) == len(report.leg_prices) or min(report.leg_prices, de"
                "fault=-1) < 0:"
            ),
            "1 -> 2",
            "shares have no legs, and less than nothing stands for that as well at -2",
        ),
        (
            "pairs = list(zip(report.contracts, done, strict=True))",
            "True -> False",
            "reports whose legs or prices are of another number are refused before",
        ),
        (
            "for leg, quantity, price in zip(order.trades, new, report.leg_prices, strict=True)",
            "True -> False",
            "reports whose legs or prices are of another number are refused before",
        ),
        (
            "for quantity, so_far, leg in zip(new, report.contracts, order.trades, strict=True)",
            "True -> False",
            "reports whose legs or prices are of another number are refused before",
        ),
        (
            ("whole = min(so_far // leg.ratio for so_far, leg in zip(report.contracts, order.trades, strict=True))"),
            "True -> False",
            "reports whose legs or prices are of another number are refused before",
        ),
        (
            (
                "Trade(leg.contract, leg.ratio * quantity, price) for leg, price in zip(order.trades, leg_prices,"
                " strict=True)"
            ),
            "True -> False",
            "reports whose legs or prices are of another number are refused before",
        ),
        (
            (
                "return sum(ratio * price for ratio, price in zip(parts, report.leg_prices, strict=True)) == repo"
                "rt.net_price"
            ),
            "True -> False",
            "reports whose legs or prices are of another number are refused before",
        ),
        (
            (
                "return bool(done) and any(count != leg.ratio * order.filled for count, leg in zip(done, order.tr"
                "ades, strict=True))"
            ),
            "True -> False",
            "what is done is kept leg by leg",
        ),
        (
            "(quantity * leg.ratio < 0) or abs(so_far) > abs(leg.ratio) * order.quantity",
            "quantity * leg.ratio -> quantity // leg.ratio",
            "whether two whole numbers but 0 have different signs shows in their product as in their quotient",
        ),
        (
            "shares=order.structure.shares * order.side * report.quantity,",
            "order.structure.shares * order.side -> order.structure.shares // order.side",
            "a side is 1 or -1, and so is one unit of shares: dividing and multiplying are the same",
        ),
        (
            "return [Trade(None, order.structure.shares * order.side * quantity, leg_prices[0])]",
            "order.structure.shares * order.side -> order.structure.shares // order.side",
            "a side is 1 or -1, and so is one unit of shares: dividing and multiplying are the same",
        ),
        (
            "parts = [leg.ratio for leg in order.trades] or [order.structure.shares * order.side]",
            "order.structure.shares * order.side -> order.structure.shares // order.side",
            "a side is 1 or -1, and so is one unit of shares: dividing and multiplying are the same",
        ),
        (
            "wait = min(_REJECTED_MOST, _REJECTED_FIRST * 2 ** min(times - 1, 10))",
            "10 -> 11",
            "by then the longest wait is reached",
        ),
        (
            "sold = sum(-trade.quantity for trade in options if trade.quantity < 0)",
            "trade.quantity < 0 -> trade.quantity <= 0",
            "what was traded is never 0 of an instrument, so that below 1 is below 0",
        ),
        (
            "sold = sum(-trade.quantity for trade in options if trade.quantity < 0)",
            "0 -> 1",
            "what was traded is never 0 of an instrument, so that below 1 is below 0",
        ),
        (
            ("shares_sold = sum(-trade.quantity for trade in trades if trade.contract is None and trade.quantity < 0)"),
            "trade.quantity < 0 -> trade.quantity <= 0",
            "what was traded is never 0 of an instrument, so that below 1 is below 0",
        ),
        (
            ("shares_sold = sum(-trade.quantity for trade in trades if trade.contract is None and trade.quantity < 0)"),
            "0 -> 1",
            "what was traded is never 0 of an instrument, so that below 1 is below 0",
        ),
        (
            "proceeds = sum(-trade.paid for trade in trades if trade.quantity < 0)",
            "trade.quantity < 0 -> trade.quantity <= 0",
            "what was traded is never 0 of an instrument, so that below 1 is below 0",
        ),
        (
            "proceeds = sum(-trade.paid for trade in trades if trade.quantity < 0)",
            "0 -> 1",
            "what was traded is never 0 of an instrument, so that below 1 is below 0",
        ),
    ),
    "engine/runtime/reconciling.py": (
        (
            "used = _used_after(desk, module_id, command.instrument, quantity, price or 0)",
            "price or 0 -> price",
            "what has no price was refused before, and 0 is what is left of 0; the 0 is for the types",
        ),
        (
            "if isinstance(found, OptionContract) and _is_over(found, desk.now):",
            "isinstance(found, OptionContract) and _is_over(found, desk.now) -> _is_over(found, desk.now)",
            "a ticker is never over; the condition is for the types",
        ),
        (
            "done = min(abs(left), abs(held)) * (1 if whole > 0 else -1)",
            (
                "min(abs(left), abs(held)) * (1 if whole > 0 else -1)"
                " -> min(abs(left), abs(held)) // (1 if whole > 0 else -1)"
            ),
            "by 1 or -1 dividing and multiplying are the same",
        ),
        (
            "done = min(abs(left), abs(held)) * (1 if whole > 0 else -1)",
            "whole > 0 -> whole >= 0",
            "a part of nothing is refused before",
        ),
        (
            "return [(position, held) for position, held in holding if held * quantity < 0]",
            "held * quantity < 0 -> held * quantity <= 0",
            "a position that holds nothing of it closes nothing of it: a step of 0 is left out, and it is never enough",
        ),
        (
            "return [(position, held) for position, held in holding if held * quantity < 0]",
            "held * quantity -> held // quantity",
            "rounded down, a quotient of other signs is below 0 as the product is, and one of the same sign is not",
        ),
        (
            "return [(position, held) for position, held in holding if held * quantity < 0]",
            "0 -> 1",
            "below 1 is at most 0 in whole numbers: as for held * quantity <= 0",
        ),
    ),
}
