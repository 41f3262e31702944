"""Requests to a server: the client, the credentials and the probes. Recorded traffic is read here as well."""
