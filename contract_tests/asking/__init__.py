"""How a server is asked: client and credentials, the probes, and the recordings of others."""
