"""Modules that users write: each runs in a process of its own that holds nothing of ours, and answers over a pipe."""

CHILD_FLAG = "--module-child"
"""How an installed application, which is no Python that runs files, is told to be the other end of the pipe."""
