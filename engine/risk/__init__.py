"""Pre-trade checks and the gate that runs them."""
