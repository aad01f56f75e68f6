"""Answers to the pre-trade backtest question."""
