"""The kernel: one thread, one inbox, one writer."""
