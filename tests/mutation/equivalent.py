"""Mutants that change nothing that could be noticed, each with the reason.

By file: the line as it is written (so that an entry goes with its line when others move), the change as the run prints
it, and why no test can tell. An entry that matches no mutant of today's source, or more than one, fails a test.
"""

EQUIVALENT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "engine/domain/order.py": (
        (
            "return tuple(Leg(leg.contract, leg.ratio * self.side) for leg in self.structure.legs)",
            "leg.ratio * self.side -> leg.ratio // self.side",
            "a side is 1 or -1, by which dividing and multiplying are the same",
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
