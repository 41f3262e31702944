"""A local mock server of DataFast's realtime API, with a living website behind it."""

__version__ = "0.1.0"
