"""Recorded traffic: reading HAR files, and writing runs as HAR files."""
