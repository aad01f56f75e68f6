"""Greeks of a position or a book, in the units traders read."""

from dataclasses import dataclass

from engine.core.money import Money


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities in position units.

    delta: share equivalents; gamma: shares per $1; theta: $ per calendar day; vega: $ per volatility point.
    """

    delta: float = 0.0
    gamma: float = 0.0
    theta: float = 0.0
    vega: float = 0.0

    def __add__(self, other: "Greeks") -> "Greeks":
        return Greeks(
            self.delta + other.delta,
            self.gamma + other.gamma,
            self.theta + other.theta,
            self.vega + other.vega,
        )

    def scaled(self, factor: float) -> "Greeks":
        """Each sensitivity times `factor` (contracts x multiplier x side)."""
        return Greeks(self.delta * factor, self.gamma * factor, self.theta * factor, self.vega * factor)

    def rounded(self, digits: int = 4) -> "Greeks":
        """Rounded for display and comparison."""
        return Greeks(
            round(self.delta, digits),
            round(self.gamma, digits),
            round(self.theta, digits),
            round(self.vega, digits),
        )


@dataclass(frozen=True, slots=True)
class WeightedGreeks:
    """Sensitivities of names that do not add up as shares, in units that do.

    dollar_delta: delta times spot. dollar_gamma: by how much that changes when the price rises by 1 %. vega_30d: $ when
    volatility of 30 days moves by one point and that of others by sqrt(30 / days) as much (a day at least). Of names
    whose beta to the index is known: beta_dollar_delta, what moves like this much of the index; beta_dollar_gamma, its
    change when the index rises by 1 %; beta_delta and beta_gamma, the same as shares of the index and shares per $1 of
    it (delta x beta x S / S_index, gamma x (beta x S / S_index) squared), None while it has no price. `without_beta`
    names those that are left out of the four: they are unknown, not zero. Source: product terms, section 1; for vega
    Taleb, Dynamic Hedging, chapter 9.
    """

    dollar_delta: Money = 0
    dollar_gamma: Money = 0
    vega_30d: float = 0.0
    beta_dollar_delta: Money = 0
    beta_dollar_gamma: Money = 0
    beta_delta: float | None = None
    beta_gamma: float | None = None
    without_beta: tuple[str, ...] = ()
