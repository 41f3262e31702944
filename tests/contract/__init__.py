"""Tests of mock_server/contract/."""
