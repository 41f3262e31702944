"""Changes a past by written facts."""

from dataclasses import fields, replace

import numpy as np

from mock_server.world.past.amended import AmendedPast
from mock_server.world.past.amendment import Amendment, Found
from mock_server.world.past.chosen import ChainedRows, ChosenRows
from mock_server.world.past.growing import taken
from mock_server.world.past.search import indices_of, same_visits
from mock_server.world.past.table import Past, Rows, derived_values, rows_of
from mock_server.world.past.visitors import MoreNumbers, Numbers


def amended(past: Past, amendment: Amendment) -> AmendedPast:
    """Returns a past changed by the written facts. It is valid as long as the given past."""
    known: AmendedPast | None = past.derived.get(amendment)
    if known is None:
        known = past.derived[amendment] = _amended(amendment, past)
    return known


def _amended(amendment: Amendment, past: Past) -> AmendedPast:
    own = {field.name: getattr(past, field.name) for field in fields(Past)}
    found = amendment.found
    if found is None or not found.is_of(past):
        found, own["visitors"] = _found(past, amendment)
        if own["visitors"] is past.visitors:
            amendment.found = found if past.settled_goals else None
        else:
            # Visitors who bought long before the table begins have got their numbers by now.
            bought = amendment.purchases
            known_as = rows_of(bought, own["visitors"].of(bought.visits))
            own["buyers"] = _with_visitors(own["buyers"], known_as)
    buyers, inside = own["buyers"], found.indices[len(found.earlier) :]
    visits = ChainedRows([found.earlier, ChosenRows(past.rows, inside)])
    if len(amendment.written.payments.at):
        own["buyers"] = ChainedRows([buyers, visits, amendment.nobody])
    return AmendedPast(
        **own | {"derived": derived_values()},
        amendment=amendment,
        indices=found.indices,
        earlier=found.earlier,
        own_buyers=buyers,
        written_visits=visits,
    )


def _found(past: Past, amendment: Amendment) -> tuple[Found, Numbers]:
    """Returns the rows of the written visits, and numbers for all their visitors."""
    stretch, visitors = amendment.written.stretch, past.visitors
    numbers = visitors.of(stretch.visits)
    indices = indices_of(past.rows, stretch.visits.start, numbers)
    # The visits are sorted by their start, so those from before the first row of the table come first.
    outside = int(np.count_nonzero(indices < 0))
    indices[:outside] = np.arange(-outside, 0)
    if (numbers < 0).any():
        visitors = MoreNumbers(visitors, amendment.written.visits, numbers)
        numbers = visitors.of(stretch.visits)
    earlier = taken(rows_of(stretch, numbers), slice(outside))
    return Found(past.made, indices, earlier), visitors


def _with_visitors(buyers: Rows, visits: Rows) -> Rows:
    """Returns the buyers; a visit that is also in `visits` has the visitor's number from there."""
    visitor = buyers.visitor.copy()
    for index, n in same_visits(buyers, visits):
        visitor[index] = visits.visitor[n]
    return replace(buyers, visitor=visitor)
