"""Pricing, implied volatility, payoff, probability, margin: arrays in, arrays out."""
