"""A verdict on any server that claims to speak DataFast's realtime API (see docs/architecture.md)."""
