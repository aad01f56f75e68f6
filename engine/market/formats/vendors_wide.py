"""The formats with a call and a put on one row, which become two: OptionsDX and ORATS."""

from __future__ import annotations

from engine.market.formats.filenames import named_symbol
from engine.market.formats.layout import Format
from engine.market.formats.times import before_close, new_york_time

# Call and put on one line: `side` picks the columns of one of them.
_SIDES = "from source_rows cross join (values ('C'), ('P')) as sides(side)"
_SIDE_ROWS = "line * 2 + (side = 'P')::integer as row_no, side as kind"

OPTIONSDX = Format(
    source="OptionsDX",
    clock=new_york_time,
    facts=named_symbol,
    required={
        "quoted_at": ("QUOTE_READTIME",),
        "spot": ("UNDERLYING_LAST",),
        "expiration": ("EXPIRE_DATE",),
        "strike": ("STRIKE",),
        "c_bid": ("C_BID",),
        "c_ask": ("C_ASK",),
        "p_bid": ("P_BID",),
        "p_ask": ("P_ASK",),
    },
    optional={
        name.lower(): (name,)
        for name in (
            "C_SIZE", "C_LAST", "C_VOLUME", "C_IV", "C_DELTA", "P_SIZE", "P_LAST", "P_VOLUME", "P_IV", "P_DELTA",
        )
    },
    cells=f"""
        select * replace (
            {_SIDE_ROWS},
            case side when 'C' then c_bid else p_bid end as bid,
            case side when 'C' then c_ask else p_ask end as ask,
            trim(split_part(case side when 'C' then c_size else p_size end, 'x', 1)) as bid_size,
            trim(split_part(case side when 'C' then c_size else p_size end, 'x', 2)) as ask_size,
            case side when 'C' then c_last else p_last end as last,
            case side when 'C' then c_volume else p_volume end as volume,
            case side when 'C' then c_iv else p_iv end as iv,
            case side when 'C' then c_delta else p_delta end as delta)
        {_SIDES}
    """,
    note="the symbol is the file name's; times are New York's; there is no open interest",
)  # fmt: skip

OPTIONSDX_CRYPTO = Format(
    source="OptionsDX, crypto",
    clock=new_york_time,
    required={
        "instrument": ("INSTRUMENT_NAME",),
        "currency": ("BASE_CURRENCY",),
        "right": ("OPTION_RIGHT",),
        "bid": ("BID_PRICE",),
    },
    refused="options on crypto currencies, priced in coins; only US equity and index options can be read",
)

ORATS = Format(
    source="ORATS strikes",
    clock=before_close(14),
    required={
        "symbol": ("ticker",),
        "quoted_at": ("trade_date",),
        "expiration": ("expirDate",),
        "strike": ("strike",),
        "stock": ("stkPx",),
        "c_bid": ("cBidPx",),
        "c_ask": ("cAskPx",),
        "p_bid": ("pBidPx",),
        "p_ask": ("pAskPx",),
    },
    optional={
        "spot_px": ("spot_px",),
        "c_opra": ("cOpra",),
        "p_opra": ("pOpra",),
        "c_volume": ("cVolu",),
        "p_volume": ("pVolu",),
        "c_open": ("cOi",),
        "p_open": ("pOi",),
        "c_iv": ("cMidIv",),
        "p_iv": ("pMidIv",),
        "smooth_iv": ("smoothSmvVol",),
        "delta": ("delta",),
    },
    # The delta is the call's; a put's is one less, dividends aside. An index has its forward as stock price.
    cells=f"""
        select * replace (
            {_SIDE_ROWS},
            case side when 'C' then c_opra else p_opra end as contract,
            case side when 'C' then c_bid else p_bid end as bid,
            case side when 'C' then c_ask else p_ask end as ask,
            case side when 'C' then c_volume else p_volume end as volume,
            case side when 'C' then c_open else p_open end as open_interest,
            coalesce(positive(spot_px), stock) as spot,
            coalesce(positive(case side when 'C' then c_iv else p_iv end), smooth_iv) as iv,
            (try_cast(delta as double) - (side = 'P')::integer)::varchar as delta)
        {_SIDES}
    """,
    note="quotes are those of 14 minutes before the close; an index's price is its forward's, as the vendor gives it",
)
