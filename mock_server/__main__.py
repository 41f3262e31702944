"""The command `datafast-mock`, also run as `python -m mock_server`."""

import signal


def run() -> None:
    """Runs the command. An interrupt while it is being imported ends it at once, without a traceback."""
    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mock_server.cli import main  # noqa: PLC0415 - the imports are what the signal may interrupt

    if is_usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main(prog_name="datafast-mock")


if __name__ == "__main__":
    run()
