"""How a server of the mock or of the kit reads HTTP: strictly, in turn, and not for longer than it should."""
