"""Money, time, the trading calendar, errors."""
