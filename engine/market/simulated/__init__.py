"""The simulated market: names and events, then prices and volatilities, then strikes and smiles, then quotes."""
