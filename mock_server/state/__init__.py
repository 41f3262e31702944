"""What changes while the mock runs: accounts, keys, clocks, rate limits, settings and journals."""
