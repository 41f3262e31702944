"""Tests of the operations that write."""
