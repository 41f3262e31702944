"""Mutants of the map: well-formed members with wrong values."""

from functools import partial

from contract_tests.exchange import Exchange, Json
from contract_tests.instants import iso
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.mutants.planting import MINUTE, Change, Data, editing, span_of
from contract_tests.operations import MAP
from contract_tests.recording import REVISION_2026_02, rows


def _map(name: str, clause: str, edit: Change, revision: str | None = None) -> Mutant:
    return Mutant(name, clause, partial(editing, MAP, edit), revision)


def _row(name: str, clause: str, place: str, edit: Change, revision: str | None = None) -> Mutant:
    """Returns a mutant that edits every row of one of the map's lists."""

    def edit_all(data: Data, exchange: Exchange) -> None:
        for row in rows(data, place):
            edit(row, exchange)

    return _map(name, clause, edit_all, revision)


def _dated(row: Data, at: int) -> None:
    """Sets another instant in a row, and an id that contains the second of the instant."""
    row["timestamp"] = iso(at)
    row["_id"] = f"{at // 1000 % 2**32:08x}{row['_id'][8:]}"


def _long_ago(row: Data, exchange: Exchange) -> None:
    # The instant is cut to the second, as in the id, because rows with the same id must have the same
    # instant.
    _dated(row, (span_of(exchange).earliest - 11 * MINUTE) // 1000 * 1000)


def _soon(row: Data, exchange: Exchange) -> None:
    _dated(row, (span_of(exchange).latest + MINUTE) // 1000 * 1000)


def _soon_at(name: str) -> Change:
    def move(row: Data, exchange: Exchange) -> None:
        row[name] = iso(span_of(exchange).latest + MINUTE)

    return move


def _doubled(name: str) -> Change:
    def double(data: Data, _exchange: Exchange) -> None:
        if data[name]:
            data[name].append(data[name][-1])
            data["count"] += name == "visitors"

    return double


def _mixed(data: Data, _exchange: Exchange) -> None:
    for row in data["visitors"][::2]:
        browser = row["system"]["browser"]
        row["system"]["browser"] = browser["name"] if isinstance(browser, dict) else {"name": browser}


def _score(is_customer: bool, **members: Json) -> Change:
    def change(row: Data, _exchange: Exchange) -> None:
        if row.get("isCustomer") is is_customer and isinstance(row.get("conversionLikelihood"), dict):
            row["conversionLikelihood"].update(members)

    return change


def _other_second(row: Data, _exchange: Exchange) -> None:
    row["_id"] = f"{int(row['_id'][:8], 16) + 1:08x}{row['_id'][8:]}"


def _named(member: str) -> Change:
    def name(row: Data, _exchange: Exchange) -> None:
        if row["isCustomer"] is False:
            row[member] = "jane@example.com"

    return name


def _amount(is_payment: bool, amount: Json) -> Change:
    def change(row: Data, _exchange: Exchange) -> None:
        if (row["type"] == "payment") is is_payment:
            row["amount"] = amount

    return change


def _random(row: Data, _exchange: Exchange) -> None:
    if row["profileData"]["hasProfile"] is True:
        row["profileData"]["isRandomName"] = True


def _negative(data: Data, _exchange: Exchange) -> None:
    for row in (*data["recentPayments"], *data["recentEvents"]):
        row["amount"] = row["amount"] and -row["amount"]


def _in_cents(row: Data, _exchange: Exchange) -> None:
    row["amount"] *= 100


def _others_pay() -> Mutation:
    """Returns a mutation that turns events of visitors who are no customers into payments."""
    paid: dict[str, bool] = {}

    def edit(data: Data, _exchange: Exchange) -> None:
        others = {row["visitorId"] for row in data["visitors"] if row["isCustomer"] is False}
        for row in data["recentEvents"]:
            if paid.setdefault(row["_id"], row["visitorId"] in others):
                row.update(type="payment", amount=49)

    return editing(MAP, edit)


def _of_nobody(data: Data, _exchange: Exchange) -> None:
    for row in data["recentEvents"]:
        if row["type"] == "pageview":
            row["visitorId"] = f"00000000-0000-4000-8000-{int(row['_id'][-8:], 16):012x}"


def _with_host(row: Data, _exchange: Exchange) -> None:
    if row["type"] != "pageview" and row["path"]:
        row["path"] = f"example.com{row['path']}"


def _without_name(row: Data, _exchange: Exchange) -> None:
    # The kit finds the goals that it has written by their names.
    if row["type"] == "custom" and not row["extraData"]["eventName"].startswith("mock_"):
        row["extraData"] = {}


def _prediction(**members: float) -> Change:
    def change(row: Data, _exchange: Exchange) -> None:
        if isinstance(row.get("conversionLikelihood"), dict):
            raw = row["conversionLikelihood"]["raw"]
            raw.update({name: raw[name] * factor for name, factor in members.items()})

    return change


REALTIME_MAP_MUTANTS = (
    _map("half in another revision", "REV-01", _mixed),
    _map("count too small", "MAP-72", lambda data, _e: data.update(count=max(len(data["visitors"]) - 1, 0))),
    _map("count always 1", "MAP-72", lambda data, _e: data.update(count=min(data["count"], 1))),
    _map("visitor listed twice", "MAP-73", _doubled("visitors")),
    _map("event listed twice", "MAP-74", _doubled("recentEvents")),
    _map("payment listed twice", "MAP-75", _doubled("recentPayments")),
    _row("events out of the window", "MAP-76", "recentEvents", _long_ago),
    _row("payments out of the window", "MAP-77", "recentPayments", _long_ago),
    _row("events ahead of time", "MAP-78", "recentEvents", _soon),
    _row("payments ahead of time", "MAP-79", "recentPayments", _soon),
    _row("sessions ahead of time", "MAP-80", "visitors", _soon_at("sessionStartTime"), REVISION_2026_02),
    _map("events oldest first", "MAP-90", lambda data, _e: data["recentEvents"].reverse()),
    _map("payments oldest first", "MAP-81", lambda data, _e: data["recentPayments"].reverse()),
    _row("customers with 99", "MAP-82", "visitors", _score(True, score=99), REVISION_2026_02),
    _row("customers with 0", "MAP-82", "visitors", _score(True, score=0), REVISION_2026_02),
    _row("baseline of 51", "MAP-83", "visitors", _score(False, isBaseline=True, score=51), REVISION_2026_02),
    _map("metrics missing", "MAP-84", lambda data, _e: data.pop("conversionMetrics", None)),
    _map("metrics null", "MAP-84", lambda data, _e: data.update(conversionMetrics=None)),
    _map("flag never set", "MAP-85", lambda data, _e: data.update(hasConversionPredictions=False)),
    _row("ids of another second", "MAP-86", "recentEvents", _other_second),
    _row("payments without amount", "MAP-87", "recentEvents", _amount(True, None)),
    _row("page views with amount", "MAP-87", "recentEvents", _amount(False, 49)),
    _row("name without payment", "MAP-88", "visitors", _named("customerName"), REVISION_2026_02),
    _row("address without payment", "MAP-88", "visitors", _named("customerEmail"), REVISION_2026_02),
    _row("random name of the identified", "MAP-89", "visitors", _random),
    _map("negative payments", "MAP-91", _negative),
    _row("payments in cents", "MAP-92", "recentPayments", _in_cents),
    _map("events of nobody", "MAP-94", _of_nobody),
    _row(
        "events from the South Pole", "MAP-95", "recentEvents", lambda row, _e: row.update(countryCode="AQ")
    ),
    _row("everybody elsewhere", "MAP-96", "visitors", lambda row, _e: row.update(currentUrl="/elsewhere")),
    _row("paths with a host", "MAP-97", "recentEvents", _with_host),
    _row("goals without a name", "MAP-98", "recentEvents", _without_name),
    _row("rates in percent", "MAP-99", "visitors", _prediction(conversionRate=100), REVISION_2026_02),
    Mutant("payments of non-customers", "MAP-93", _others_pay, REVISION_2026_02),
)
