"""The engine: no Qt anywhere below this package.

Importing it, before numpy is imported, leaves the linear algebra below numpy one thread. Its arrays here are small:
more threads than that wait for each other while they spin, and take the core that the window or another backtest needs
(40 symbols' backtests in two processes on two cores: 126 s with its own choice of threads, 35 s with one). One thread
also adds up in one order, so that a figure does not depend on the machine's cores. What a user has set is kept.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
