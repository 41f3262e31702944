"""The golden files: the answers of one instant as plain JSON, for tests without a server."""
