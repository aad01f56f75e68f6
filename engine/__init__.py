"""The engine: no Qt anywhere below this package."""
