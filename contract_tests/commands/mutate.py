"""`datafast-mock mutate`: a server with one known fault, with which users check their own tests."""

import click

from contract_tests.commands.guard import guarded
from contract_tests.interrupts import pass_on_interrupt
from contract_tests.listening import ListenError, listen
from contract_tests.quoting import quoted


@click.command(
    short_help="Put a fault into another server's answers, to test your tests.",
    context_settings={"show_default": True},
)
@click.argument("name", required=False)
@click.option(
    "--upstream",
    default="http://127.0.0.1:8484",
    help="Base URL of a correct server's API.",
)
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--port", default=8585, type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one."
)
@click.option(
    "--credentials",
    "credentials_name",
    default="mock",
    metavar="FILE",
    help="File of tokens by role; `mock` uses the mock's own.",
)
def mutate(name: str | None, *, upstream: str, host: str, port: int, credentials_name: str) -> None:
    """Forward another server's answers with one fault in them, to see whether your tests notice it.

    Without a NAME, list all faults, each with the clause that it breaks. Only requests below the base
    URL are forwarded, and only with a Host header that names this machine, unless --host lets other
    machines in.
    """
    with guarded("mutate"):
        _mutate(name, upstream, host, port, credentials_name)


def _mutate(name: str | None, upstream: str, host: str, port: int, credentials_name: str) -> None:
    from contract_tests.asking.address import AddressError, base_of, is_loopback
    from contract_tests.asking.credentials import CredentialsError, load_credentials
    from contract_tests.mutants import all_mutants

    if name is None:
        for mutant in all_mutants():
            click.echo(f"{mutant.clause:<8} {mutant.name}")
        return
    chosen = next((mutant for mutant in all_mutants() if _plain(mutant.name) == _plain(name)), None)
    if chosen is None:
        raise click.UsageError(f"there is no mutant {quoted(name)}; `datafast-mock mutate` lists them")
    try:
        base = base_of(upstream)
        credentials = load_credentials(credentials_name)
    except AddressError as error:
        raise click.UsageError(f"--upstream: {error}") from None
    except CredentialsError as error:
        raise click.UsageError(f"--credentials: {error}") from None

    from contract_tests.judging.proxy import Proxy, ProxyServer

    def announce(address: str) -> None:
        click.echo(f"{base} with the fault {quoted(chosen.name)}, which breaks {chosen.clause}")
        click.echo(f"listening on {address}")

    try:
        sock = listen(host, port)
    except ListenError as error:
        raise click.UsageError(str(error)) from None
    proxy = Proxy(base, chosen, credentials, is_exposed=not is_loopback(host))
    pass_on_interrupt()
    ProxyServer(proxy, announce).run(sockets=[sock])


def _plain(name: str) -> str:
    """Returns a name in lower case, with a space for each hyphen, so that users can type it either way."""
    return name.lower().replace("-", " ")
