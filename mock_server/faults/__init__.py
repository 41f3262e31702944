"""Answers on demand: documented examples, delays and faults, by a `Prefer` header or by a rule."""
