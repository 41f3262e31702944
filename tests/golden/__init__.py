"""Tests of mock_server/golden/."""
