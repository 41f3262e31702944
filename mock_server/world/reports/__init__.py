"""The reports on a website's past: questions about the same rows, answered by plain values."""
