"""The serving of requests, from the socket to the answer."""
