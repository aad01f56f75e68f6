"""Feeds behind one port, the history store with its importers, the quote store."""
