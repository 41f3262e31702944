"""Any bytes as a target, a header or an id: each request is served or refused."""

from urllib.parse import quote_from_bytes
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.abuse.target import REALTIME, TOKEN, VISITOR, Target, request

ANY_BYTES = settings(deadline=None, max_examples=min(5 * settings().max_examples, 2_000))
PATHS = st.sampled_from([b"", b"/", b"*", REALTIME, REALTIME + b"?fields=", VISITOR, b"http://", b"//"])
ESCAPED = st.binary(max_size=60).map(lambda data: quote_from_bytes(data, safe="/?&=#%[]").encode())
KNOWN_NAMES = b"Authorization Host Origin Connection Upgrade Expect Content-Length Transfer-Encoding".split()
NAMES = st.one_of(st.sampled_from(KNOWN_NAMES), st.binary(min_size=1, max_size=10))
# All of these characters are allowed in a value, so they reach the application.
LATIN = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
VALUES = st.one_of(
    st.binary(max_size=60), st.text(LATIN, max_size=60).map(lambda text: text.encode("latin-1"))
)


@ANY_BYTES
@given(path=PATHS, rest=st.one_of(st.binary(max_size=60), ESCAPED))
def test_any_bytes_are_served_or_refused_as_a_target(target: Target, path: bytes, rest: bytes) -> None:
    assert target.first_status(request(path + rest)) in {200, 400, 401, 404, 414, 431, 501}


@ANY_BYTES
@given(path=st.sampled_from([REALTIME, REALTIME + b"/", b"/nothing"]), name=NAMES, value=VALUES)
def test_any_bytes_are_served_or_refused_as_a_header(
    target: Target, path: bytes, name: bytes, value: bytes
) -> None:
    statuses = target.statuses(request(path, b"%b: %b\r\n" % (name, value) + TOKEN))

    assert statuses


@ANY_BYTES
@given(visitor_id=st.uuids(version=4))
def test_any_visitor_id_is_known_or_not(target: Target, visitor_id: UUID) -> None:
    statuses = target.statuses(request(VISITOR + str(visitor_id).encode()))

    assert statuses in ([200], [400], [404])
