"""The vocabulary: frozen records, pure functions, ports. No I/O."""
