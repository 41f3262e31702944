"""Tests of behaviour, through real servers and sockets."""
