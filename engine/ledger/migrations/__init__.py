"""Changes of the tables of a ledger file, one module a revision. They never touch a row of the journal."""
