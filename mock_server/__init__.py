"""A local mock server of DataFast's API, with a living website behind it."""

__version__ = "0.1.0"
