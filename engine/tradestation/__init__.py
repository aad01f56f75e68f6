"""What TradeStation's interface says and is told: bytes to typed values and back. It opens no connection."""
