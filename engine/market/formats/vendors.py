"""The formats with one contract a row, as data: column names, units, times of day; and the list of all formats.

Only what is kept is read: the Greeks other than delta are left out, because ours are made from the quotes, and with
them their units (per day or year, per point or 1.00).
"""

from __future__ import annotations

from engine.market.formats.filenames import named_contract, named_page, named_symbol_if_any
from engine.market.formats.layout import Format
from engine.market.formats.times import (
    aggregate_window,
    before_close,
    last_close,
    new_york_time,
    stamped,
    told_or_close,
)
from engine.market.formats.vendors_cboe import CBOE_EOD, CBOE_INTERVAL
from engine.market.formats.vendors_wide import OPTIONSDX, OPTIONSDX_CRYPTO, ORATS

_AT_THE_CLOSE = before_close()
_CLOSE_NOTE = "dates without a time are taken as the session's close"

YFINANCE = Format(
    source="yfinance",
    clock=stamped,
    required={
        "quoted_at": (
            "snapshot_et", "snapshot", "snapshot_time", "snapshot_at", "snapshot_ts", "snapshot_timestamp",
        ),
        "symbol": ("ticker", "symbol"),
        "expiration": ("expiration", "expiry", "expirationDate"),
        "kind": ("type", "optionType"),
        "strike": ("strike",),
        "bid": ("bid",),
        "ask": ("ask",),
        "volume": ("volume",),
        "open_interest": ("openInterest",),
        "spot": ("spot_price", "spot", "S", "stockPrice", "underlyingPrice"),
    },
    optional={
        "contract": ("contractSymbol",),
        "last": ("lastPrice",),
        "iv": ("impliedVolatility",),
        "contract_size": ("contractSize",),
    },
    cells="""
        select * replace (case when lower(contract_size) <> 'regular' then contract_size end as nonstandard)
        from source_rows
    """,
)  # fmt: skip

YFINANCE_CONTRACTS = Format(
    source="yfinance",
    clock=stamped,
    required={
        "quoted_at": YFINANCE.required["quoted_at"],
        "contract": ("contractSymbol",),
        "bid": ("bid",),
        "ask": ("ask",),
    },
    optional={
        "symbol": ("ticker", "symbol", "underlying"),
        "volume": ("volume",),
        "open_interest": ("openInterest",),
        "spot": YFINANCE.required["spot"],
        "last": ("lastPrice",),
        "iv": ("impliedVolatility",),
        "contract_size": ("contractSize",),
    },
    cells=YFINANCE.cells,
)
"""Where the saver added no more than the time: the OCC symbol says the rest."""

HISTORICAL_OPTION_DATA = Format(
    source="HistoricalOptionData",
    clock=told_or_close,
    required={
        "symbol": ("UnderlyingSymbol", "underlying"),
        "spot": ("UnderlyingPrice", "underlying_last"),
        "kind": ("Type",),
        "expiration": ("Expiration",),
        "quoted_at": ("DataDate", "quotedate"),
        "strike": ("Strike",),
        "bid": ("Bid",),
        "ask": ("Ask",),
    },
    optional={
        "root": ("OptionRoot",),
        "last": ("Last",),
        "volume": ("Volume",),
        "open_interest": ("OpenInterest",),
        "iv": ("IV", "impliedvol", "IVMean"),
        "delta": ("Delta",),
    },
    # Some fill the root with the whole OCC symbol.
    cells="select * replace (case when length(root) <= 6 then root end as root) from source_rows",
    note=_CLOSE_NOTE,
)

OPTION_METRICS = Format(
    source="OptionMetrics",
    clock=_AT_THE_CLOSE,
    facts=named_symbol_if_any,
    strike_scale=1000,
    required={
        "quoted_at": ("date",),
        "expiration": ("exdate",),
        "kind": ("cp_flag",),
        "strike": ("strike_price",),
        "bid": ("best_bid",),
        "ask": ("best_offer",),
    },
    optional={
        "symbol": ("ticker",),
        "contract_text": ("symbol",),
        "volume": ("volume",),
        "open_interest": ("open_interest",),
        "iv": ("impl_volatility",),
        "delta": ("delta",),
        "settlement": ("ss_flag",),
    },
    cells="""
        select * replace (case when settlement not in ('0', '0.0') then settlement end as nonstandard,
                          coalesce(symbol, om_root) as symbol, om_root as root)
        from (select *, nullif(regexp_extract(contract_text, '^([A-Z0-9]+) +\\d{6}[CP]\\d+$', 1), '') as om_root
              from source_rows)
    """,
    note=_CLOSE_NOTE,
)

MASSIVE = Format(
    source="Massive aggregates",
    clock=aggregate_window,
    last_only=True,
    lax_counts=True,
    required={
        "contract": ("ticker",),
        "last": ("close",),
        "quoted_at": ("window_start",),
        "transactions": ("transactions",),
    },
    optional={"volume": ("volume",)},
    note="last trades only, no bids and asks: nothing can be traded on them",
)

THETA_V3 = Format(
    source="ThetaData",
    clock=_AT_THE_CLOSE,
    required={
        "symbol": ("symbol", "root"),
        "expiration": ("expiration",),
        "strike": ("strike",),
        "kind": ("right",),
        "quoted_at": ("created",),
        "bid": ("bid",),
        "ask": ("ask",),
        "bid_condition": ("bid_condition",),
    },
    optional={
        "bid_size": ("bid_size",), "ask_size": ("ask_size",), "last": ("close",), "volume": ("volume",),
    },
    note="quotes are those of the session's close",
)  # fmt: skip

_THETA_V2 = {
    "quoted_at": ("date",),
    "reported_at": ("ms_of_day2",),
    "bid": ("bid",),
    "ask": ("ask",),
    "bid_condition": ("bid_condition",),
}
_THETA_V2_OPTIONAL = {
    "bid_size": ("bid_size",), "ask_size": ("ask_size",), "last": ("close",), "volume": ("volume",),
}  # fmt: skip

THETA_V2_BULK = Format(
    source="ThetaData v2",
    clock=_AT_THE_CLOSE,
    strike_scale=1000,
    required={
        **_THETA_V2,
        "symbol": ("root",),
        "expiration": ("expiration",),
        "strike": ("strike",),
        "kind": ("right",),
    },
    optional=_THETA_V2_OPTIONAL,
    note="quotes are those of the session's close",
)

THETA_V2 = Format(
    source="ThetaData v2, one contract",
    clock=_AT_THE_CLOSE,
    facts=named_contract,
    required=_THETA_V2,
    optional=_THETA_V2_OPTIONAL,
    note="the contract is the file name's; quotes are those of the session's close",
)

ALPHA_VANTAGE = Format(
    source="Alpha Vantage",
    clock=_AT_THE_CLOSE,
    required={
        "contract": ("contractID", "contract_id"),
        "symbol": ("symbol",),
        "expiration": ("expiration",),
        "strike": ("strike",),
        "kind": ("type",),
        "bid": ("bid",),
        "ask": ("ask",),
        "quoted_at": ("date",),
    },
    optional={
        "last": ("last",),
        "bid_size": ("bid_size",),
        "ask_size": ("ask_size",),
        "volume": ("volume",),
        "open_interest": ("open_interest",),
        "iv": ("implied_volatility",),
        "delta": ("delta",),
    },
    note=_CLOSE_NOTE,
)

DOLTHUB = Format(
    source="DoltHub option_chain",
    clock=last_close,
    required={
        "quoted_at": ("date",),
        "symbol": ("act_symbol",),
        "expiration": ("expiration",),
        "strike": ("strike",),
        "kind": ("call_put",),
        "bid": ("bid",),
        "ask": ("ask",),
    },
    optional={"iv": ("vol",), "delta": ("delta",)},
    note="dates are taken as the close of their session, or of the last one before them",
)

IVOLATILITY = Format(
    source="iVolatility",
    clock=_AT_THE_CLOSE,
    lax_counts=True,
    required={
        "symbol": ("symbol",),
        "quoted_at": ("date",),
        "spot": ("underlying_price",),
        "contract": ("option_symbol",),
        "expiration": ("expiration",),
        "strike": ("strike",),
        "kind": ("call_put",),
        "bid": ("bid",),
        "ask": ("ask",),
    },
    optional={
        "volume": ("volume",),
        "open_interest": ("open_interest", "openinterest"),
        "iv": ("iv",),
        "delta": ("delta",),
    },
    note=_CLOSE_NOTE + "; an open interest that is no count is left out",
)

_COUNTED = ("strike", "bid", "ask", "last", "volume", "open_interest")
BARCHART = Format(
    source="Barchart",
    clock=_AT_THE_CLOSE,
    facts=named_page,
    ragged=True,
    required={
        "strike": ("Strike",),
        "moneyness": ("Moneyness",),
        "bid": ("Bid",),
        "ask": ("Ask",),
        "kind": ("Type",),
    },
    optional={
        "last": ("Last", "Latest"),
        "volume": ("Volume",),
        "open_interest": ("Open Int",),
        "iv": ("IV", "Implied Volatility"),
        "delta": ("Delta",),
    },
    cells=f"""
        select * replace (
            {", ".join(f"ungrouped({name}) as {name}" for name in _COUNTED)},
            case when iv like '%\\%' escape '\\' then (try_cast(rtrim(iv, '%') as double) / 100)::varchar else iv end
                as iv)
        from source_rows
        where coalesce(moneyness, bid, ask, kind) is not null
    """,  # noqa: S608 - constants
    note="symbol, expiration and date are the file name's; " + _CLOSE_NOTE,
)

DATED_CHAINS = Format(
    source="dated chains",
    clock=_AT_THE_CLOSE,
    required={
        "quoted_at": ("date",),
        "symbol": ("symbol",),
        "spot": ("under",),
        "expiration": ("expiration",),
        "strike": ("strike",),
        "kind": ("put/call",),
        "bid": ("bid",),
        "ask": ("ask",),
    },
    optional={
        "last": ("price",),
        "volume": ("volume",),
        "open_interest": ("open interest",),
        "iv": ("implied vol",),
        "delta": ("delta",),
        "other": ("nonstd",),
    },
    cells="""
        select * replace (case when lower(other) not in ('0', 'false', 'n', 'no') then other end as nonstandard)
        from source_rows
    """,
    note=_CLOSE_NOTE,
)

RECORDED_QUOTES = Format(
    source="quotes without a header",
    clock=new_york_time,
    required={name: (name,) for name in ("quoted_at", "symbol", "contract", "title", "strike", "bid", "ask")},
    note="times without an offset are taken as New York's",
)
"""Time, underlying, OCC symbol, title, strike, bid, ask: told by the cells of its first line."""

FORMATS = (
    YFINANCE, YFINANCE_CONTRACTS, OPTIONSDX, OPTIONSDX_CRYPTO, ORATS, CBOE_EOD, CBOE_INTERVAL, HISTORICAL_OPTION_DATA,
    OPTION_METRICS, MASSIVE, THETA_V3, THETA_V2_BULK, THETA_V2, ALPHA_VANTAGE, DOLTHUB, IVOLATILITY, BARCHART,
    DATED_CHAINS,
)  # fmt: skip
"""Every format that is told by its header line; the first that fits is taken."""
