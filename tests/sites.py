"""The websites of fixtures/sites/, which are read once for all tests."""

from mock_server.world.site_files import load_sites

SITES = load_sites()
