"""Greeks of a position or a book, in the units traders read."""

from dataclasses import dataclass


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
