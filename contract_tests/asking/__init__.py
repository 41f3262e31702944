"""Requests to a server: the client, credentials and probes; and traffic that others recorded."""
