"""The live map, `GET /analytics/realtime/map`: visitors, events and payments (pages 001 and 002)."""

from functools import lru_cache
from typing import Any

import msgspec

from mock_server.contract.document import REVISION_2026_02, REVISION_2026_06
from mock_server.instants import iso_of
from mock_server.resources.amounts import amount_of
from mock_server.resources.call import Call, Reply
from mock_server.resources.params import params_of
from mock_server.world.events import Event
from mock_server.world.money import Payment
from mock_server.world.prediction import BASELINE_SCORE, CUSTOMER_SCORE, Likelihood
from mock_server.world.sessions import Identity, Session
from mock_server.world.walk import CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT, VIEW
from mock_server.world.world import World

_EVENT_TYPES = {
    VIEW: "pageview",
    CUSTOM: "custom",
    EXTERNAL_LINK: "external_link",
    IDENTIFY: "identify",
    PAYMENT: "payment",
}
# Page 001 calls them "goal/custom events"; page 002 shows a page view.
_EVENT_KINDS = {
    REVISION_2026_02: (VIEW, CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT),
    REVISION_2026_06: (CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT),
}

_encode = msgspec.json.Encoder().encode


def realtime_map(call: Call) -> Reply:
    """Returns the map in the call's revision: `{"status": "success", "data": {"count", "visitors", …}}`."""
    world, instant = call.world, call.instant
    visitors = world.shown(instant, _SHOWN[call.revision])
    data: dict[str, Any] = {"count": len(visitors), "visitors": visitors}
    model = world.site.prediction
    if model is not None:
        data["conversionMetrics"] = {
            "baselineConversionRate": model.conversion_rate,
            "baselineAverageValue": model.average_value,
        }
    data["hasConversionPredictions"] = model is not None
    events = world.events(instant, _EVENT_KINDS[call.revision])
    data["recentEvents"] = [_event_json(event) for event in events]
    data["recentPayments"] = [_payment(world, payment) for payment in world.payments(instant)]
    return Reply(_encode({"status": "success", "data": data}))


def _visitor_2026_02(world: World, session: Session, instant: int) -> tuple[int, msgspec.Raw]:
    """Returns a pair: the instant until which a visitor's row is valid, and the row in revision 2026-02."""
    customer = session.customer(instant)
    persona, device = session.persona, session.persona.device
    visitor = {
        **_visitor(session, instant),
        "system": {
            "browser": {"name": device.browser},
            "os": {"name": device.os},
            "device": {"type": device.type},
        },
        "referrer": session.source.referrer,
        "sessionStartTime": iso_of(session.start),
        "visitCount": session.past.visits + 1,
        "params": params_of(session.source),
        "latitude": persona.place.latitude,
        "longitude": persona.place.longitude,
        "isCustomer": customer is not None,
        "customerName": customer and customer.name,
        "customerEmail": customer and customer.email,
        "profileData": _profile_data(session.identity(instant)),
    }
    likelihood = _likelihood(world, session, is_customer=customer is not None)
    # Page 002 includes the member only if there is a conversion model.
    if likelihood is not None:
        visitor["conversionLikelihood"] = likelihood
    return session.steady_until(instant), msgspec.Raw(_encode(visitor))


def _visitor_2026_06(world: World, session: Session, instant: int) -> tuple[int, msgspec.Raw]:
    """Returns a pair: the instant until which a visitor's row is valid, and the row in revision 2026-06.

    The row has six members. If there is no prediction, `conversionLikelihood` is null.
    """
    device = session.persona.device
    visitor = {
        **_visitor(session, instant),
        "system": {"browser": device.browser, "os": device.os, "device": device.type},
        "profileData": _profile_data(session.identity(instant)),
        "conversionLikelihood": _likelihood(world, session, is_customer=session.is_customer(instant)),
    }
    return session.steady_until(instant), msgspec.Raw(_encode(visitor))


_SHOWN = {REVISION_2026_02: _visitor_2026_02, REVISION_2026_06: _visitor_2026_06}


def _visitor(session: Session, instant: int) -> dict[str, Any]:
    """Returns the members of a visitor's row that are the same in both revisions."""
    persona = session.persona
    page = session.walk.pages[session.views_until(instant) - 1]
    return {
        "visitorId": session.visitor_id,
        "location": {
            "city": persona.place.city,
            "region": persona.place.region,
            "countryCode": persona.place.country_code,
        },
        "currentUrl": None if persona.is_withheld else page.path,
    }


def _profile_data(identity: Identity | None) -> dict[str, Any]:
    return {
        "displayName": identity and identity.display_name,
        "userId": identity and identity.user_id,
        "hasProfile": identity is not None,
        "isRandomName": identity is None,
    }


def _likelihood(world: World, session: Session, *, is_customer: bool) -> msgspec.Raw | None:
    likelihood = world.likelihood(session)
    return None if likelihood is None else _likelihood_json(likelihood, is_customer)


@lru_cache(4096)
def _likelihood_json(likelihood: Likelihood, is_customer: bool) -> msgspec.Raw:
    """Returns a likelihood as JSON. It is cached, because many visitors have the same likelihood."""
    score = CUSTOMER_SCORE if is_customer else likelihood.score
    content = {
        "score": score,
        "confidence": 1.0 if is_customer else likelihood.confidence,
        "isBaseline": score == BASELINE_SCORE and not likelihood.matches,
        "dimensionMatches": likelihood.matches,
        "raw": {
            "conversionRate": likelihood.conversion_rate,
            "averageValue": likelihood.average_value,
            "expectedValue": likelihood.expected_value,
        },
    }
    return msgspec.Raw(_encode(content))


def _event_json(event: Event) -> msgspec.Raw:
    """Returns an event as JSON, which is cached in its session, because an event never changes."""
    json: msgspec.Raw | None = event.session.kept.get(event.object_id)
    if json is None:
        json = event.session.kept[event.object_id] = msgspec.Raw(_encode(_event(event)))
    return json


def _event(event: Event) -> dict[str, Any]:
    session = event.session
    return {
        "_id": event.object_id,
        "type": _EVENT_TYPES[event.kind],
        "visitorId": session.visitor_id,
        "timestamp": iso_of(event.at),
        "path": event.path,
        "countryCode": session.persona.place.country_code,
        "extraData": _extra_data(event),
        # A renewal comes from the payment provider, not from a session's page.
        "referrer": None if event.path is None else session.source.referrer,
        "customerName": event.customer_name,
        "amount": None if event.amount is None else amount_of(event.amount),
        "displayName": event.display_name,
    }


def _extra_data(event: Event) -> dict[str, str]:
    if event.goal is None:
        return {}
    if event.goal.url is not None:
        return {"url": event.goal.url, "text": event.goal.name}
    # A property could be called `eventName`, too.
    return {**event.properties, "eventName": event.goal.name}


def _payment(world: World, payment: Payment) -> dict[str, Any]:
    return {
        "_id": world.payment_id(payment),
        "type": "payment_received",
        "timestamp": iso_of(payment.at),
        "name": payment.name,
        "email": payment.email,
        "amount": amount_of(payment.amount),
        "currency": payment.currency,
        "renewal": payment.is_renewal,
        "displayName": world.display_name(payment),
        "isNew": payment.is_new,
        "visible": True,
    }
