"""The aggregated view: pure functions over book, quotes and time."""
