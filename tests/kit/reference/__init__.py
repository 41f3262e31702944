"""A correct server for tests, written from the pages. It shares no code with the mock or the kit."""
