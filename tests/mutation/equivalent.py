"""Mutants that change nothing that could be noticed, each with the reason.

By file: the line as it is written (so that an entry goes with its line when others move), the change as the run prints
it, and why no test can tell. An entry that matches no mutant of today's source, or more than one, fails a test.
"""

EQUIVALENT: dict[str, tuple[tuple[str, str, str], ...]] = {}
