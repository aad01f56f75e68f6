"""The journal, the double-entry book folded from it, and the only SQL."""
