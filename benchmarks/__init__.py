"""The benchmarks of `make bench`, `bench-peers` and `bench-compare`: the mock's cost, as ratios."""
