"""Figures, not tests: what the mock costs, as ratios; `make bench`, `bench-peers` and `bench-compare`."""
