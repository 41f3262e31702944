"""A correct server of the tests' own, written from the pages: it shares no code with the mock or the kit."""
