"""Tests of mock_server/serving/intercept/."""
