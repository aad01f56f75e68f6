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
}
