"""Seeds at which something once went wrong: they are always told. A seed means another story once its knobs change."""

KEPT: dict[int, str] = {
    33: "a module suggested the end of another module's position, and it was ordered",
}
"""Seed -> what went wrong then."""
