"""A small file of every format, as its vendor writes it, with the rows that come of it, read by hand.

A row is told as symbol, UTC time, expiration, right, strike, bid, ask, bid size, ask size, last, volume, open interest,
spot, volatility, delta; prices in dollars, `-` where there is nothing.
"""

import gzip
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

Row = tuple[object, ...]
_DX_SIDE = "DELTA GAMMA VEGA THETA RHO IV VOLUME LAST SIZE BID ASK"
_DX_HEADER = ", ".join(
    f"[{name}]"
    for name in (
        "QUOTE_UNIXTIME QUOTE_READTIME QUOTE_DATE QUOTE_TIME_HOURS UNDERLYING_LAST EXPIRE_DATE EXPIRE_UNIX DTE "
        + " ".join(f"C_{name}" for name in _DX_SIDE.split())
        + " STRIKE P_BID P_ASK P_SIZE P_LAST P_DELTA P_GAMMA P_VEGA P_THETA P_RHO P_IV P_VOLUME "
        "STRIKE_DISTANCE STRIKE_DISTANCE_PCT"
    ).split()
)
_CBOE_FIRST = (
    "underlying_symbol,quote_date,root,expiration,strike,option_type,open,high,low,close,trade_volume,"
    "bid_size_1545,bid_1545,ask_size_1545,ask_1545,underlying_bid_1545,underlying_ask_1545,"
)
_CBOE_LAST = (
    "bid_size_eod,bid_eod,ask_size_eod,ask_eod,underlying_bid_eod,underlying_ask_eod,vwap,open_interest,delivery_code"
)
_THETA_V2 = (
    "ms_of_day,ms_of_day2,open,high,low,close,volume,count,bid_size,bid_exchange,bid,bid_condition,ask_size,"
    "ask_exchange,ask,ask_condition,date\n"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file: its name, its bytes, the format it is told to be, and what is kept of it."""

    name: str
    content: bytes
    source: str
    kept: tuple[str, ...]

    @property
    def rows(self) -> list[Row]:
        """What is kept, as figures, ordered by time, symbol, expiration, strike and right."""
        told = [line.split() for line in self.kept]
        told.sort(key=lambda words: (words[1], words[0], words[2], float(words[4]), words[3]))
        return [(*words[:4], *(None if word == "-" else float(word) for word in words[4:])) for words in told]


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def _sample(name: str, source: str, text: str, *kept: str) -> Sample:
    return Sample(name, text.lstrip("\n").encode(), source, kept)


SAMPLES = {
    "optionsdx": _sample(
        "spy_eod_201201.txt",
        "OptionsDX",
        f"""{_DX_HEADER}
1325624400, 2012-01-03 16:00, 2012-01-03, 16.000000, 127.540000, 2012-01-06, 1325883600, 3.000000, 0.983140, 0.006760, \
0.005470, -0.026600, 0.012510, -0.05, 16.000000, 13.000000, 395 x 30, 12.490000, 12.660000, 115.000000, 0.000000, \
0.010000, 0 x 1477, 0.010000, -0.003380, 0.002040, 0.001070, -0.004320, -0.000050, 0.366850, 495.000000, 12.5, 0.098
1325624400, 2012-01-03 16:00, 2012-01-03, 16.000000, 127.540000, 2012-01-06, 1325883600, 3.000000, 0.100000, 0.006760, \
0.005470, -0.026600, 0.012510, , , , 7 x 7, , 0.020000, 140.000000, 12.300000, 12.500000, 3 x 4, , -0.9, 0.002040, \
0.001070, -0.004320, -0.000050, 8.17536, , 12.5, 0.098
""",
        "SPY 2012-01-03T21:00 2012-01-06 C 115 12.49 12.66 395 30 13 16 - 127.54 - 0.98314",
        "SPY 2012-01-03T21:00 2012-01-06 P 115 0 0.01 0 1477 0.01 495 - 127.54 0.36685 -0.00338",
        "SPY 2012-01-03T21:00 2012-01-06 C 140 - 0.02 7 7 - - - 127.54 - 0.1",
        "SPY 2012-01-03T21:00 2012-01-06 P 140 12.3 12.5 3 4 - - - 127.54 - -0.9",
    ),
    "orats": _sample(
        "ORATS_SMV_Strikes_20200302.csv",
        "ORATS strikes",
        """
ticker,cOpra,pOpra,stkPx,expirDate,yte,strike,cVolu,cOi,pVolu,pOi,cBidPx,cValue,cAskPx,pBidPx,pValue,pAskPx,cBidIv,\
cMidIv,cAskIv,smoothSmvVol,pBidIv,pMidIv,pAskIv,iRate,divRate,residualRateData,delta,gamma,theta,vega,rho,phi,\
driftlessTheta,extVol,extCTheo,extPTheo,spot_px,trade_date
SPY,SPY200320C00310000,SPY200320P00310000,307.5,3/20/2020,0.0493,310,1200,5400,800,9100,6.1,6.15,6.2,8.5,8.6,8.7,0.30,\
0.305,0.31,0.304,0.29,0.296,0.30,0.01,0.02,0,0.46,0.02,-0.2,0.25,0.06,-0.07,-0.19,0.3,6.1,8.6,,3/2/2020
SPXW,SPXW200320C03080000,SPXW200320P03080000,3077.25,3/20/2020,0.0493,3080,10,20,30,40,61,61.5,62,64,64.5,65,0.30,0,0.31,\
0.304,0,0,0.30,0.01,0.02,0,0.49,0.02,-0.2,0.25,0.06,-0.07,-0.19,0.3,61.5,64.5,,3/2/2020
""",
        "SPY 2020-03-02T20:46 2020-03-20 C 310 6.1 6.2 - - - 1200 5400 307.5 0.305 0.46",
        "SPY 2020-03-02T20:46 2020-03-20 P 310 8.5 8.7 - - - 800 9100 307.5 0.296 -0.54",
        "SPXW 2020-03-02T20:46 2020-03-20 C 3080 61 62 - - - 10 20 3077.25 0.304 0.49",
        "SPXW 2020-03-02T20:46 2020-03-20 P 3080 64 65 - - - 30 40 3077.25 0.304 -0.51",
    ),
    "cboe_eod": _sample(
        "UnderlyingOptionsEODQuotes_2006-08-01.csv",
        "Cboe DataShop end of day",
        f"""{_CBOE_FIRST}{_CBOE_LAST}
^XSP,2006-08-01,JGA,2006-08-19,125.000,c,0.00,0.00,0.00,0.00,0,1579,2.15,1573,2.40,127.10,127.20,9,2.35,8,2.60,127.40,\
127.50,0.00,0,0
^XSP,2006-08-01,JGA,2006-08-19,125.000,p,0.25,0.25,0.25,0.25,10,1642,0.10,64,0.20,127.10,127.20,1642,0.10,64,0.20,\
127.40,127.50,0.25,1015,0
""",
        "XSP 2006-08-01T19:45 2006-08-19 C 125 2.15 2.4 1579 1573 - 0 0 127.15 - -",
        "XSP 2006-08-01T19:45 2006-08-19 P 125 0.1 0.2 1642 64 0.25 10 1015 127.15 - -",
    ),
    "cboe_calcs": _sample(
        "UnderlyingOptionsEODCalcs_2023-11-24.csv",
        "Cboe DataShop end of day",
        f"""{_CBOE_FIRST}implied_underlying_price_1545,active_underlying_price_1545,implied_volatility_1545,delta_1545,\
gamma_1545,theta_1545,vega_1545,rho_1545,{_CBOE_LAST}
^SPX,2023-11-22,SPXW,2023-12-15,4550.000,C,60,61,59,60.5,100,7,60.0000,8,60.6000,0.0000,0.0000,4556.1,4556.25,0.1100,\
0.5500,0.01,-1.1,4.5,1.9,9,61.0000,9,61.8000,0.0000,0.0000,60.2,1500,
^SPX,2023-11-24,SPX,2023-12-15,4550.000,P,0,0,0,0,0,,,,,,,,,,,,,,,9,55.0000,7,55.8000,4559.0000,4559.5000,0,700,
A,2023-11-22,A,2023-12-15,130.000,C,0,0,0,0,0,1,1.0000,1,1.1000,127.0000,127.1000,0,0,0.2,0.3,0,0,0,0,1,1,1,1.1,127,\
127.1,0,5,US0000000001
""",
        "SPXW 2023-11-22T20:45 2023-12-15 C 4550 60 60.6 7 8 60.5 100 1500 4556.25 0.11 0.55",
        "SPX 2023-11-24T18:00 2023-12-15 P 4550 55 55.8 9 7 - 0 700 4559.25 - -",
    ),
    "cboe_interval": _sample(
        "UnderlyingOptionsIntervals_60min_2021-04-09.csv",
        "Cboe DataShop intervals",
        """
underlying_symbol,quote_datetime,root,expiration,strike,option_type,open,high,low,close,trade_volume,bid_size,bid,\
ask_size,ask,underlying_bid,underlying_ask,implied_underlying_price,active_underlying_price,implied_volatility,delta,\
gamma,theta,vega,rho,open_interest
AAPL,2021-04-09 10:30:00,AAPL,2021-04-16,130.000,C,2.1,2.2,2.0,2.05,900,12,2.04,15,2.06,131.10,131.14,131.12,131.1200,\
0.2345,0.6012,0.05,-0.1,0.07,0.02,8100
AAPL,2021-04-09 10:30:00,AAPL1,2021-04-16,130.000,P,0,0,0,0,0,12,0.9,15,0.95,131.10,131.14,131.12,\
131.12,0.2,-0.4,0,0,0,0,1
""",
        "AAPL 2021-04-09T14:30 2021-04-16 C 130 2.04 2.06 12 15 2.05 900 8100 131.12 0.2345 0.6012",
    ),
    "hod_bare": _sample(
        "options_20130916.csv",
        "HistoricalOptionData",
        """
UnderlyingSymbol,UnderlyingPrice,Exchange,OptionSymbol,Blank,Type,Expiration,DataDate,Strike,Last,Bid,Ask,Volume,\
OpenInterest
A,48.74,*,A131019C00050000,,call,10/19/2013,09/16/2013,50,0.71,0.67,0.7,20,2359
""",
        "A 2013-09-16T20:00 2013-10-19 C 50 0.67 0.7 - - 0.71 20 2359 48.74 - -",
    ),
    "hod_l2": _sample(
        "L2_20250314.csv",
        "HistoricalOptionData",
        """
UnderlyingSymbol,UnderlyingPrice,Exchange,OptionSymbol,Blank,Type,Expiration,DataDate,Strike,Last,Bid,Ask,Volume,\
OpenInterest,IV,Delta,Gamma,Theta,Vega,Alias
AAPL,213.49,*,AAPL250417P00230000,,put,04/17/2025,03/14/2025 16:00,230,17.57,17.7,18,720,16411,0.2794,-0.7878,0.016,\
-21.9001,18.5863,AAPL250417P00230000
""",
        "AAPL 2025-03-14T20:00 2025-04-17 P 230 17.7 18 - - 17.57 720 16411 213.49 0.2794 -0.7878",
    ),
    "hod_l3": _sample(
        "L3_options_20210226.csv",
        "HistoricalOptionData",
        """
UnderlyingSymbol,UnderlyingPrice,Flags,OptionSymbol,Type,Expiration,DataDate,Strike,Last,Bid,Ask,Volume,OpenInterest,\
T1OpenInterest,IVMean,IVBid,IVAsk,Delta,Gamma,Theta,Vega,AKA
TLT,142.55,*,TLT210319C00143000,call,03/19/2021,02/26/2021 16:00,143,2.50,2.44,2.52,310,4100,4150,0.2213,0.2190,0.2236,\
0.4811,0.05,-25.1,13.7,TLT210319C00143000
""",
        "TLT 2021-02-26T21:00 2021-03-19 C 143 2.44 2.52 - - 2.5 310 4100 142.55 0.2213 0.4811",
    ),
    "hod_old": _sample(
        "old_spx.csv",
        "HistoricalOptionData",
        """
underlying,underlying_last, exchange,optionroot,optionext,type,expiration,quotedate,strike,last,bid,ask,volume,\
openinterest,impliedvol,delta,gamma,theta,vega,optionalias
SPX,1132.99,*,SPX160115C01000000,,call,01/15/2016,01/04/2010,1000,0,255.6,257.6,0,15,0.2231,0.72,0.001,-9.1,480.1,SPX
""",
        "SPX 2010-01-04T21:00 2016-01-15 C 1000 255.6 257.6 - - - 0 15 1132.99 0.2231 0.72",
    ),
    "option_metrics": _sample(
        "spy_optionmetrics_2019.csv",
        "OptionMetrics",
        """
secid,date,exdate,cp_flag,strike_price,best_bid,best_offer,volume,open_interest,impl_volatility,delta,gamma,vega,theta,\
optionid,cfadj,ss_flag,am_settlement,index_flag,issuer,exercise_style
109820,20190910,20191220,C,300000,7.96,8.06,514,74443,0.144300,0.476800,0.0176,61.88,-15.9,1,1,0,0,0,SPDR,A
109820,20190910,20191220,P,300000,10.45,10.49,317,17052,,,,,,2,1,0,0,0,SPDR,A
109820,20190910,20191220,P,305000,10.45,10.49,317,17052,,,,,,3,1,1,0,0,SPDR,A
""",
        "SPY 2019-09-10T20:00 2019-12-20 C 300 7.96 8.06 - - - 514 74443 297.54 0.1443 0.4768",
        "SPY 2019-09-10T20:00 2019-12-20 P 300 10.45 10.49 - - - 317 17052 297.54 - -",
    ),
    "massive": _sample(
        "2023-03-20.csv",
        "Massive aggregates",
        """
ticker,volume,open,close,high,low,window_start,transactions
O:SPY230327C00390000,1042,6.1,6.25,6.4,5.9,1679284800000000000,310
O:SPY230327P00390000,2000.5,4.1,3.75,4.2,3.6,1679284800000000000,290
""",
        "SPY 2023-03-20T20:00 2023-03-27 C 390 - - - - 6.25 1042 - 392.5 - -",
        "SPY 2023-03-20T20:00 2023-03-27 P 390 - - - - 3.75 - - 392.5 - -",
    ),
    "theta_v3": _sample(
        "eod.csv",
        "ThetaData",
        """
symbol,expiration,strike,right,created,last_trade,open,high,low,close,volume,count,bid_size,bid_exchange,bid,\
bid_condition,ask_size,ask_exchange,ask,ask_condition
AAPL,2024-11-08,225.000,CALL,2024-11-04T17:16:54.242,2024-11-04T15:59:59.1,1.1,1.4,1.0,1.32,9001,800,12,60,1.31,50,14,7,\
1.33,50
AAPL,2024-11-08,225.000,PUT,2024-11-04T17:16:54.242,2024-11-04T15:59:59.1,3.1,3.4,3.0,3.32,9001,800,3,60,3.30,50,4,7,\
3.34,50
""",
        "AAPL 2024-11-04T21:00 2024-11-08 C 225 1.31 1.33 12 14 1.32 9001 - 223 - -",
        "AAPL 2024-11-04T21:00 2024-11-08 P 225 3.3 3.34 3 4 3.32 9001 - 223 - -",
    ),
    "theta_v2_bulk": _sample(
        "bulk_eod.csv",
        "ThetaData v2",
        """
root,expiration,strike,right,ms_of_day,ms_of_day2,open,high,low,close,volume,count,bid_size,bid_exchange,bid,\
bid_condition,ask_size,ask_exchange,ask,ask_condition,date
SPY,20240119,390000,C,61800000,57599000,80,81,79,80.5,10,3,5,1,80.10,50,6,1,80.30,50,20240102
SPY,20240119,390000,P,61800000,57599000,0.1,0.2,0.1,0.12,55,9,5,1,0.11,50,6,1,0.13,50,20240102
""",
        "SPY 2024-01-02T21:00 2024-01-19 C 390 80.1 80.3 5 6 80.5 10 - 470.08 - -",
        "SPY 2024-01-02T21:00 2024-01-19 P 390 0.11 0.13 5 6 0.12 55 - 470.08 - -",
    ),
    "yfinance": _sample(
        "chain_2026-03-16.csv",
        "yfinance",
        """
contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,change,percentChange,volume,openInterest,impliedVolatility,\
inTheMoney,contractSize,currency,snapshot_time,expiration,optionType,stockPrice,ticker
SPY260417P00600000,2026-03-16 19:55:00+00:00,600.0,2.15,2.13,2.2,0.1,1.5,12,340,0.2101,False,REGULAR,USD,\
2026-03-16 15:55:34-04:00,2026-04-17,put,668.81,SPY
SPY260417P00605000,2026-03-16 19:55:00+00:00,605.0,0,0,0,0,0,,,1e-05,False,REGULAR,USD,\
2026-03-16 15:55:34-04:00,2026-04-17,put,668.81,SPY
""",
        "SPY 2026-03-16T19:55:34 2026-04-17 P 600 2.13 2.2 - - 2.15 12 340 668.81 0.2101 -",
        "SPY 2026-03-16T19:55:34 2026-04-17 P 605 0 0 - - - - - 668.81 - -",
    ),
    "yfinance_contracts": _sample(
        "yahoo.csv",
        "yfinance",
        """
contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,volume,openInterest,impliedVolatility,contractSize,snapshot
SPY260417C00670000,2026-03-16 19:55:00+00:00,670.0,14,14.0,14.2,12,340,0.2101,REGULAR,2026-03-16 15:55:34-04:00
SPY260417P00670000,2026-03-16 19:55:00+00:00,670.0,15,15.1,15.3,1,2,0.21,REGULAR,2026-03-16 15:55:34-04:00
SPY1260417P00670000,2026-03-16 19:55:00+00:00,670.0,15,15.1,15.3,1,2,0.21,REGULAR,2026-03-16 15:55:34-04:00
""",
        "SPY 2026-03-16T19:55:34 2026-04-17 C 670 14 14.2 - - 14 12 340 668.9 0.2101 -",
        "SPY 2026-03-16T19:55:34 2026-04-17 P 670 15.1 15.3 - - 15 1 2 668.9 0.21 -",
    ),
    "alpha_vantage": _sample(
        "historical_options.csv",
        "Alpha Vantage",
        """
contractID,symbol,expiration,strike,type,last,mark,bid,bid_size,ask,ask_size,volume,open_interest,date,\
implied_volatility,delta,gamma,theta,vega,rho\r
SPY250912C00375000,SPY,2025-09-12,375.00,call,282.73,282.37,280.96,16,283.77,22,17,4,2025-09-12,0.01976,1.00000,0.00000,\
-0.04448,0.00000,0.01027\r
SPY250912P00375000,SPY,2025-09-12,375.00,put,0.00,0.01,0.00,0,0.01,900,0,7,2025-09-12,4.9,-0.00100,0,0,0,0\r
""",
        "SPY 2025-09-12T20:00 2025-09-12 C 375 280.96 283.77 16 22 282.73 17 4 657.365 0.01976 1",
        "SPY 2025-09-12T20:00 2025-09-12 P 375 0 0.01 0 900 - 0 7 657.365 4.9 -0.001",
    ),
    "dolthub": _sample(
        "option_chain.csv",
        "DoltHub option_chain",
        """
date,act_symbol,expiration,strike,call_put,bid,ask,vol,delta,gamma,theta,vega,rho
2019-02-09,A,2019-02-15,65.0,Call,10.5,11.25,0.27,1.00,0.0,-0.004,0.0,0.012
""",
        "A 2019-02-08T21:00 2019-02-15 C 65 10.5 11.25 - - - - - 75.875 0.27 1",
    ),
    "ivolatility": Sample(
        "ivolatility.csv",
        "\ufeffsymbol,exchange,date,underlying_price,option_symbol,expiration,strike,call_put,style,ask,bid,mean_price,"
        "volume,open_interest,iv,iv_raw,delta,gamma,vega,theta,rho,oi_2,option_id,trade_date_fetch\n"
        "SPY,NYSEArca,2026-01-02,683.17,SPY   260130C00582000,2026-01-30,582.0,C,A,104.89,102.1,103.494995,0,683.17,"
        "0.315577,0.315577,0.97194,0.001078,0.121792,-0.125878,0.429976,0,6,2026-01-02\n".encode(),
        "iVolatility",
        (
            "SPY 2026-01-02T21:00 2026-01-30 C 582 102.1 104.89 - - - 0 - 683.17 0.315577 0.97194",
        ),
    ),
    "barchart": _sample(
        "spx-options-exp-2024-01-19-weekly-show-all-stacked-01-12-2024.csv",
        "Barchart",
        """
Strike,Moneyness,Bid,Mid,Ask,Last,Volume,"Open Int",IV,Delta,Type
"4,780.00",+0.08%,40.1,40.3,40.5,40,"1,200","10,500",12.50%,0.5101,Call
"4,780.00",-0.08%,36.1,36.3,36.5,36.2,7,8,0.13,-0.4899,Put
"Downloaded from Barchart.com as of 01-13-2024 09:15am CST"
""",
        "SPX 2024-01-12T21:00 2024-01-19 C 4780 40.1 40.5 - - 40 1200 10500 4784 0.125 0.5101",
        "SPX 2024-01-12T21:00 2024-01-19 P 4780 36.1 36.5 - - 36.2 7 8 4784 0.13 -0.4899",
    ),
    "dated": _sample(
        "chains_2010.csv",
        "dated chains",
        """
date,symbol,under,expiration,strike,put/call,bid,ask,price,volume,open interest,implied vol,delta,gamma,rho,theta,vega,\
nonstd
20100104,IBM,132.45,20100116,130,C,3.3,3.4,3.35,900,5000,0.201,0.68,0.05,0.03,-0.1,0.09,0
20100104,IBM,132.45,20100116,130,P,0.8,0.9,0.85,90,500,0.211,-0.32,0.05,0.03,-0.1,0.09,1
""",
        "IBM 2010-01-04T21:00 2010-01-16 C 130 3.3 3.4 - - 3.35 900 5000 132.45 0.201 0.68",
    ),
    "recorded": _sample(
        "aapl_noheader.csv",
        "quotes without a header",
        """
2020-06-30T14:41:00,AAPL,AAPL200710C00365000,AAPL Jul 10 2020 $365.00 Call,365.0,7.5,7.7
2020-06-30T14:41:00,AAPL,AAPL200710P00365000,AAPL Jul 10 2020 $365.00 Put,365.0,6.9,7.1
""",
        "AAPL 2020-06-30T18:41 2020-07-10 C 365 7.5 7.7 - - - - - 365.6 - -",
        "AAPL 2020-06-30T18:41 2020-07-10 P 365 6.9 7.1 - - - - - 365.6 - -",
    ),
    "theta_v2": _sample(
        "SPY240119C00390000.csv",
        "ThetaData v2, one contract",
        f"{_THETA_V2}61800000,57599000,80,81,79,80.5,10,3,5,1,80.10,50,6,1,80.30,50,20240102\n",
    ),
    "theta_v2_contracts": Sample(
        "spy_2024.zip",
        zipped(
            {
                "SPY240119C00390000.csv": f"{_THETA_V2}61800000,57599000,80,81,79,80.5,10,3,5,1,80.10,50,6,1,80.30,50,"
                "20240102\n61800000,57599000,80,81,79,80.5,11,3,5,1,81.10,50,6,1,81.30,50,20240103\n",
                "SPY240119P00390000.csv": f"{_THETA_V2}61800000,57599000,.1,.2,.1,.12,55,9,5,1,0.11,50,6,1,0.13,50,"
                "20240102\n",
            }
        ),
        "ThetaData v2, many contracts",
        (
            "SPY 2024-01-02T21:00 2024-01-19 C 390 80.1 80.3 5 6 80.5 10 - 470.08 - -",
            "SPY 2024-01-02T21:00 2024-01-19 P 390 0.11 0.13 5 6 0.12 55 - 470.08 - -",
        ),
    ),
    "lean_daily": Sample(
        "aapl_2014_quote_american.zip",
        zipped(
            {
                "aapl_quote_american_call_6450000_20140613.csv":
                "20140606 00:00,14900,15900,10400,12100,30,16300,19500,12500,13300,6\n"
                "20140609 00:00,,,,,0,16300,19500,12500,13400,7",
                "aapl_quote_american_put_6450000_20140613.csv":
                "20140606 00:00,14900,15900,10400,10100,3,16300,19500,12500,11300,9\r\n",
            }
        ),
        "LEAN quotes",
        (
            "AAPL 2014-06-06T20:00 2014-06-13 C 645 1.21 1.33 30 6 - - - 645.2 - -",
            "AAPL 2014-06-06T20:00 2014-06-13 P 645 1.01 1.13 3 9 - - - 645.2 - -",
        ),
    ),
    "lean_minute": Sample(
        "goog_20151224_quote_american.zip",
        zipped(
            {
                "20151224_goog_minute_quote_american_call_7500000_20151231.csv":
                "34200000,21500,21500,5000,20000,19,21500,21500,5000,22000,19\n",
                "20151224_goog_minute_quote_american_put_7500000_20151231.csv":
                "34200000,21500,21500,5000,30000,4,21500,21500,5000,32000,5\n",
            }
        ),
        "LEAN quotes",
        (
            "GOOG 2015-12-24T14:31 2015-12-31 C 750 2 2.2 19 19 - - - 749 - -",
            "GOOG 2015-12-24T14:31 2015-12-31 P 750 3 3.2 4 5 - - - 749 - -",
        ),
    ),
}  # fmt: skip
"""By name. The contract that `theta_v2` holds alone tells no price of its underlying, so that nothing is kept of it."""


def packed(sample: Sample) -> dict[str, bytes]:
    """The same file as a gzip and as a zip archive, by the name it has then."""
    return {
        f"{sample.name}.gz": gzip.compress(sample.content),
        f"{sample.name}.zip": zipped({"folder/": b"", f"folder/{sample.name}": sample.content}),
    }
