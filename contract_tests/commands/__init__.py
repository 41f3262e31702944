"""The kit's commands below `datafast-mock`. Each imports its packages only when it is called."""

from contract_tests.commands.explain import explain
from contract_tests.commands.mutate import mutate
from contract_tests.commands.prove import prove
from contract_tests.commands.verify import verify

COMMANDS = (verify, explain, prove, mutate)
