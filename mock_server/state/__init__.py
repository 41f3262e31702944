"""The state of a running mock: accounts, keys, clocks, rate limits, settings and journals."""
