"""Seeds at which something once went wrong: they are always told. A seed means another story once its knobs change."""

KEPT: dict[int, str] = {
    33: "a module suggested the end of another module's position, and it was ordered",
    1048: "a contract that was over and quoted no more could never be ended by a person",
    4356: "a resting day order had ended at the broker, the word of it was lost, and nothing asked",
}
"""Seed -> what went wrong then."""
