"""The reports on a website's past. They take a selection of its rows, and return plain values."""
