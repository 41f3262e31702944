"""The mock starts about as fast with 82 operations as with today's operations."""

import pytest

from benchmarks.large_document import OPERATIONS, enlarged, starts
from mock_server.contract.operations import operations_of


def test_large_document_is_sound() -> None:
    operations = operations_of(enlarged())

    assert len({operation.operation_id for operation in operations}) == OPERATIONS
    assert all(operation.example.body for operation in operations)


@pytest.mark.slow
def test_start_with_82_operations_takes_at_most_1_3_times_as_long() -> None:
    large, today = starts(6)

    # The fastest start with each document is the one that other work of the machine disturbed least.
    assert min(large) <= 1.3 * min(today)
