"""The formats of Cboe DataShop: end of day, with and without calculations, and intervals."""

from __future__ import annotations

from engine.market.formats.layout import Format
from engine.market.formats.times import cboe, new_york_time

_CBOE = {
    "symbol": ("underlying_symbol",),
    "root": ("root",),
    "expiration": ("expiration",),
    "strike": ("strike",),
    "kind": ("option_type",),
}
_CBOE_OPTIONAL = {
    "last": ("close",),
    "volume": ("trade_volume",),
    "open_interest": ("open_interest",),
    "delivery_code": ("delivery_code",),
}

# 15:45 prices go with the 15:45 underlying, and where that block is blank the close's with the close's.
CBOE_EOD = Format(
    source="Cboe DataShop end of day",
    clock=cboe,
    required={
        **_CBOE,
        "quoted_at": ("quote_date",),
        "bid": ("bid_1545",),
        "ask": ("ask_1545",),
        "stock_bid": ("underlying_bid_1545",),
        "stock_ask": ("underlying_ask_1545",),
    },
    optional={
        **_CBOE_OPTIONAL,
        "bid_size": ("bid_size_1545",),
        "ask_size": ("ask_size_1545",),
        "implied": ("implied_underlying_price_1545",),
        "active": ("active_underlying_price_1545",),
        "iv": ("implied_volatility_1545",),
        "delta": ("delta_1545",),
        "bid_eod": ("bid_eod",),
        "ask_eod": ("ask_eod",),
        "bid_size_eod": ("bid_size_eod",),
        "ask_size_eod": ("ask_size_eod",),
        "stock_bid_eod": ("underlying_bid_eod",),
        "stock_ask_eod": ("underlying_ask_eod",),
    },
    cells="""
        select * replace (
            case when blank then quoted_at || ' eod' else quoted_at end as quoted_at,
            case when blank then bid_eod else bid end as bid,
            case when blank then ask_eod else ask end as ask,
            case when blank then bid_size_eod else bid_size end as bid_size,
            case when blank then ask_size_eod else ask_size end as ask_size,
            case when blank then middle(stock_bid_eod, stock_ask_eod)
                 else coalesce(positive(active), middle(stock_bid, stock_ask), positive(implied)) end as spot,
            case when not blank then iv end as iv,
            case when not blank then delta end as delta,
            case when delivery_code <> '0' then delivery_code end as nonstandard)
        from (select *, bid is null and ask is null as blank from source_rows)
    """,
    note="quotes are those of 15:45 New York with the underlying's of that time (half days: 15 minutes before the "
    "close), and the close's where they are blank",
)

CBOE_INTERVAL = Format(
    source="Cboe DataShop intervals",
    clock=new_york_time,
    required={
        **_CBOE,
        "quoted_at": ("quote_datetime",),
        "bid": ("bid",),
        "ask": ("ask",),
        "stock_bid": ("underlying_bid",),
        "stock_ask": ("underlying_ask",),
    },
    optional={
        **_CBOE_OPTIONAL,
        "bid_size": ("bid_size",),
        "ask_size": ("ask_size",),
        "implied": ("implied_underlying_price",),
        "active": ("active_underlying_price",),
        "iv": ("implied_volatility",),
        "delta": ("delta",),
    },
    cells="""
        select * replace (
            coalesce(positive(active), middle(stock_bid, stock_ask), positive(implied)) as spot,
            case when delivery_code <> '0' then delivery_code end as nonstandard)
        from source_rows
    """,
    note="times without an offset are taken as New York's",
)
