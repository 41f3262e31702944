"""`python -m mock_server` is `datafast-mock`."""

from mock_server.cli import main

main(prog_name="datafast-mock")
