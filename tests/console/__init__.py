"""Tests of mock_server/console/."""
