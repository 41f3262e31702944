"""The intercepting proxy: DataFast's own address, answered by the mock."""
