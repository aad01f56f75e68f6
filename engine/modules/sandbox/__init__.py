"""Modules that users write: each runs in a process of its own that holds nothing of ours, and answers over a pipe."""
