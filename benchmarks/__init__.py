"""Speed and error, measured. The engine is imported first: it decides on the threads of numpy's linear algebra."""

import engine  # noqa: F401
