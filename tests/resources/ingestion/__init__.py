"""Tests of mock_server/resources/ingestion/."""
