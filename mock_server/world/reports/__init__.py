"""Reports on a website's past: each one is a question about the same rows, and plain values for an answer."""
