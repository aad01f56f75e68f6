"""The seam of the hot functions: flat float64 columns in, flat columns out, nothing raised for a bad row.

Everything per option that must be fast enters here and nowhere else, so that a compiled version can replace the numpy
one function by function: it offers the same names with the same shapes, and no caller notices. An implementation is
never imported past this module.
"""

from engine.analytics.kernel.american import american, american_price, dividend_yield
from engine.analytics.kernel.andersen_lake import (
    Boundary,
    exercise_boundary,
    exercise_premium,
    pays_early,
    premium_value,
)
from engine.analytics.kernel.blocks import BLOCK, DAYS_PER_YEAR, VOLATILITY_POINT, FlagLike, Flags, FloatLike, blocks
from engine.analytics.kernel.dividend_lattice import dividend_lattice
from engine.analytics.kernel.european import european, european_sensitivities
from engine.analytics.kernel.implied import IvStatus, implied_volatility
from engine.analytics.kernel.normal import density_and_tail, mills_ratio, normal_cdf
from engine.analytics.kernel.scenario_grid import american_grid, scenario_grid

__all__ = [
    "BLOCK",
    "DAYS_PER_YEAR",
    "VOLATILITY_POINT",
    "Boundary",
    "FlagLike",
    "Flags",
    "FloatLike",
    "IvStatus",
    "american",
    "american_grid",
    "american_price",
    "blocks",
    "density_and_tail",
    "dividend_lattice",
    "dividend_yield",
    "european",
    "european_sensitivities",
    "exercise_boundary",
    "exercise_premium",
    "implied_volatility",
    "mills_ratio",
    "normal_cdf",
    "pays_early",
    "premium_value",
    "scenario_grid",
]
