"""The events of browsers: page views, goals, identities, payments and links, written to the account."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit
from uuid import UUID

import msgspec

from contract_tests.quoting import quoted
from mock_server.errors import INVALID_BODY, VISITOR_OF_THE_WORLD, ApiError
from mock_server.resources.call import Call, Reply
from mock_server.resources.goals import create_goal, goal_name
from mock_server.resources.identify import identify_visitor
from mock_server.resources.ingestion.places import whereabouts_of
from mock_server.resources.ingestion.systems import System, device_of
from mock_server.resources.lives import is_known
from mock_server.resources.params import AD_CLICK_IDS
from mock_server.resources.payments import amount_and_currency, create_payment
from mock_server.resources.writes import object_id, write
from mock_server.world.currencies import US_DOLLAR
from mock_server.world.facts import Client, LinkFollowed, PageViewed
from mock_server.world.site import HOST, PARAMS

Check = Callable[[str, Mapping[str, Any], str], None]
"""A function of an `operationId`, a body, and the place of the body's content in the event.

It raises ApiError 400, which names the place, if the operation would refuse the body.
"""

_PAGE_VIEW = "pageview"
# The members with the payment id of a provider; the package sends one of them.
_PAYMENT_IDS = ("stripe_session_id", "lemonsqueezy_order_id", "polar_checkout_id", "paddle_transaction_id")
# The members that have a meaning; they count wherever they are among the others.
_KNOWN = ("eventName", "user_id", "amount", "currency", *_PAYMENT_IDS, "email", "url", "text")
_MOST_MEMBERS = 100
_LONGEST_URL = 2_048
_LONGEST_TEXT = 255
# A payment that is valid whatever one member of it is replaced by.
_A_PAYMENT = {"amount": 0, "currency": US_DOLLAR, "transaction_id": "1"}
_MOST_PIXELS = 100_000
_encode = msgspec.json.Encoder().encode


def take_event(call: Call, *, system: System, check: Check) -> Reply:
    """Writes the facts of an event.

    If its visitor has no page view yet, a view of the event's page is written first. An event of a crawler is
    ignored. Raises ApiError 400 for an invalid event, and for a visitor of the world itself.
    """
    event: dict[str, Any] = call.body
    visitor_id = _visitor_of(call)
    if system.is_bot:
        return _reply("Ignored: the User-Agent is a crawler's", visitor_id)
    if call.world.population.visitor_of(visitor_id) is not None:
        raise ApiError(VISITOR_OF_THE_WORLD, visitor_id=visitor_id)
    view = _view_of(call, visitor_id, system)
    written = _written_by(call, visitor_id, check)
    if event["type"] == _PAGE_VIEW or not is_known(call, visitor_id):
        write(call, view)
    return _reply(_take(call._replace(body=written), event["type"]), visitor_id)


def _take(call: Call, kind: str) -> str:
    """Writes the facts of an event, except its page view, and returns the message of the answer."""
    match kind:
        case "custom":
            create_goal(call, is_server=False)
            return "Goal recorded"
        case "identify":
            identify_visitor(call, is_server=False)
            return "Visitor identified"
        case "payment" if call.body is None:
            return "Payment without an amount: only its provider knows what was paid, so nothing is recorded"
        case "payment":
            create_payment(call, is_server=False)
            return "Payment recorded"
        case "external_link":
            write(call, LinkFollowed(written=call.instant, event_id=object_id(call), **call.body))
            return "Link recorded"
        case _:
            return "Page view recorded"


def _written_by(call: Call, visitor_id: str, check: Check) -> dict[str, Any] | None:
    """Returns the checked members of an event in the form that `_take` writes.

    None for a page view, and for a payment without an amount. Raises ApiError 400 for an invalid event.
    """
    sent: dict[str, Any] = call.body.get("extraData") or {}
    known = {name: sent[name] for name in _KNOWN if name in sent}
    extra = known | dict(islice(sent.items(), _MOST_MEMBERS))
    match call.body["type"]:
        case "custom":
            return _goal_of(visitor_id, extra, check)
        case "identify":
            # The package sends an empty name and image if it knows none.
            given = {name: value for name, value in extra.items() if value not in ("", None)}
            identity = {**given, "datafast_visitor_id": visitor_id}
            check("identifyVisitor", identity, "/extraData/user_id")
            return identity
        case "payment" if extra.get("amount") is not None:
            return _payment_of(call, visitor_id, extra, check)
        case "external_link":
            return _link_of(visitor_id, extra)
        case _:
            return None


def _goal_of(visitor_id: str, extra: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """Returns the event's goal as a body of `POST /goals`, without the properties that would be refused."""
    goal = {"datafast_visitor_id": visitor_id, "name": extra.get("eventName")}
    check("createGoal", goal, "/extraData/eventName")
    kept: dict[str, str] = {}
    for name, value in extra.items():
        if name == "eventName":
            continue
        more = kept | {name.lower(): value if isinstance(value, str) else _encode(value).decode()}
        try:
            check("createGoal", {**goal, "metadata": more}, "/extraData")
        except ApiError:
            continue
        kept = more
    goal_name(goal, "/extraData/eventName")
    return {**goal, "metadata": kept}


def _payment_of(call: Call, visitor_id: str, extra: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """Returns the event's payment as a body of `POST /payments`.

    Without a provider's id, each event is another payment.
    """
    money = call.world.site.money
    provided = (extra[name] for name in _PAYMENT_IDS if extra.get(name))
    payment = {
        "datafast_visitor_id": visitor_id,
        "amount": extra["amount"],
        "currency": extra.get("currency") or (US_DOLLAR if money is None else money.currency),
        "transaction_id": next(provided, f"browser_{object_id(call)}"),
        "email": extra.get("email"),
    }
    for name in ("amount", "currency", "email"):
        check("createPayment", {**_A_PAYMENT, name: payment[name]}, f"/extraData/{name}")
    check("createPayment", payment, "/extraData")
    amount_and_currency(call, payment, "/extraData")
    return payment


def _link_of(visitor_id: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the members of a followed link. If the link has no text, its URL is used as text."""
    url, text = extra.get("url"), extra.get("text")
    if not isinstance(url, str) or not 0 < len(url) <= _LONGEST_URL:
        raise ApiError(INVALID_BODY, place="/extraData/url", problem="the URL of a link is expected")
    text = text[:_LONGEST_TEXT] if isinstance(text, str) else ""
    return {"visitor_id": visitor_id, "url": url, "text": text or url}


def _view_of(call: Call, visitor_id: str, system: System) -> PageViewed:
    """Returns the view of an event's page.

    A path without a host is a page of the website. Raises ApiError 400.
    """
    event: dict[str, Any] = call.body
    url = _split(event["href"])
    # `about:blank` and `data:…` have neither a host nor a path.
    if url is None or (url.scheme and not url.netloc and not url.path.startswith("/")):
        raise ApiError(INVALID_BODY, place="/href", problem="the URL of a page is expected")
    path = url.path if url.path.startswith("/") else f"/{url.path}"
    hostname = url.hostname or event.get("domain") or call.world.site.hostname_of(path)
    if HOST.fullmatch(hostname) is None:
        place = "/href" if url.hostname else "/domain"
        raise ApiError(INVALID_BODY, place=place, problem=f"{quoted(hostname[:80])} is not a host name")
    query = {name: values[0][:_LONGEST_TEXT] for name, values in parse_qs(url.query).items()}
    clicks = query | (event.get("adClickIds") or {})
    click = next((name for name in AD_CLICK_IDS if clicks.get(name)), None)
    return PageViewed(
        written=call.instant,
        event_id=object_id(call),
        visitor_id=visitor_id,
        hostname=hostname,
        path=path,
        referrer=_referrer_of(event, hostname),
        params={name: query[name] for name in PARAMS if name in query},
        ad_click_id=click,
        click_id=None if click is None else str(clicks[click])[:_LONGEST_TEXT],
        client=_client_of(event, system),
    )


def _client_of(event: Mapping[str, Any], system: System) -> Client:
    """Returns the browser and its place, according to an event and its User-Agent."""
    viewport = event.get("viewport") or {}
    width, height = (_pixels(viewport.get(name)) for name in ("width", "height"))
    place = whereabouts_of(event.get("timezone"), event.get("language"))
    return Client(
        country_code=place.country_code,
        region=place.region,
        city=place.city,
        device=device_of(system, width),
        os=system.os,
        os_version=system.os_version,
        browser=system.browser,
        browser_version=system.browser_version,
        vendor=system.vendor,
        model=system.model,
        width=width,
        height=height,
    )


def _referrer_of(event: Mapping[str, Any], hostname: str) -> str | None:
    """Returns the referrer, which is a page of another website; None if there is none."""
    referrer = event.get("referrer") or ""
    url, domain = _split(referrer), event.get("domain") or hostname
    host = None if url is None or HOST.fullmatch(url.hostname or "") is None else url.hostname
    is_own = host is None or host in (hostname, domain) or host.endswith(f".{domain}")
    return None if is_own or len(referrer) > _LONGEST_URL else referrer


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _pixels(sent: float | None) -> int | None:
    return int(sent) if sent is not None and 1 <= sent <= _MOST_PIXELS else None


def _visitor_of(call: Call) -> str:
    """Returns the id of an event's visitor.

    Raises ApiError 400 if it is missing. With `cookieless`, DataFast's package sends a new visitor id each
    time, so the id is derived from the session id, which belongs to a browser tab.
    """
    event: dict[str, Any] = call.body
    named = event.get("sessionId" if event.get("cookieless") else "visitorId")
    if not named:
        problem = "the id of the visitor or, with `cookieless`, of the session is needed"
        raise ApiError(INVALID_BODY, place="/visitorId", problem=problem)
    if not event.get("cookieless"):
        return str(named).lower()
    seen = f"{call.world.site.website_id} {named}".encode()
    return str(UUID(bytes=blake2b(seen, digest_size=16, person=b"cookieless").digest(), version=4))


def _reply(message: str, visitor_id: str) -> Reply:
    # The package reads only the visitor's id in the answer.
    return Reply(_encode({"status": "success", "message": message, "visitorId": visitor_id}))
