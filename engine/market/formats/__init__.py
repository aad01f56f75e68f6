"""File formats of recorded option chains: each is a table of names and units; one set of checks reads them all."""
