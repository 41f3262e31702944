"""The command `datafast-mock`, run as `python -m mock_server`."""

from mock_server.cli import main

main(prog_name="datafast-mock")
