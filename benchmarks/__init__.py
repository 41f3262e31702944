"""Figures, not tests: each file answers one question, `make bench` runs them all."""
