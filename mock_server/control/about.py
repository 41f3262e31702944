"""The operations that describe the mock: its health and its sites."""

from msgspec import Struct

from mock_server import __version__
from mock_server.control.call import ControlCall
from mock_server.instants import iso_of
from mock_server.state.accounts import DEFAULT_ACCOUNT
from mock_server.state.credentials import site_token
from mock_server.world.site import Site
from mock_server.world.world import WORLD_VERSION


class Health(Struct, frozen=True, kw_only=True, rename="camel"):
    """The health of the mock, with its version and the world that it shows.

    The same seed, site and instant give the same answers as long as `worldVersion` is the same.
    """

    status: str
    version: str
    world_version: int
    seed: int
    revision: str
    instant: str


class Price(Struct, frozen=True):
    """An amount in major units of a currency, as `POST /payments` takes it."""

    amount: float
    currency: str


class FunnelName(Struct, frozen=True):
    """An active funnel of the website in the default account; `GET /analytics/funnels/…` takes its id."""

    id: str
    name: str


class SiteState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A website, its key, and the ids of its cast, who are always active.

    A user's own pages name the website by its `trackingId` when they send events. `price` is the price of
    the first plan; null if the website sells nothing.
    """

    name: str
    description: str
    website_id: str
    tracking_id: str
    domain: str
    price: Price | None
    key: str
    cast: dict[str, str]
    funnels: list[FunnelName]


class Sites(Struct, frozen=True, kw_only=True):
    """A list of all websites."""

    sites: list[SiteState]


def health(call: ControlCall) -> Health:
    """Returns the health of the mock and the present instant of its world."""
    service = call.service
    choice = service.default_choice
    return Health(
        status="ok",
        version=__version__,
        world_version=WORLD_VERSION,
        seed=choice.seed,
        revision=choice.revision,
        instant=iso_of(service.common.clock.now()),
    )


def sites(call: ControlCall) -> Sites:
    """Returns all websites with their keys and casts."""
    service = call.service
    funnels = service.keys.account(DEFAULT_ACCOUNT).funnels
    instant, seed = service.common.clock.now(), service.default_choice.seed
    return Sites(
        sites=[
            SiteState(
                name=name,
                description=site.description,
                website_id=site.website_id,
                tracking_id=site.tracking_id,
                domain=site.domain,
                price=_price(site),
                key=site_token(name),
                cast=dict(service.worlds.world(seed, name).cast(instant)),
                funnels=[
                    FunnelName(funnel.id, funnel.name)
                    for funnel in funnels.get(site.website_id, ())
                    if funnel.is_active
                ],
            )
            for name, site in service.sites.items()
        ]
    )


def _price(site: Site) -> Price | None:
    if site.money is None:
        return None
    return Price(float(site.money.plans[0].amount), site.money.currency)
