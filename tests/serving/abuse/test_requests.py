"""An adversary whose requests are hostile: each is served or refused, and other clients do not notice."""

from urllib.parse import quote_from_bytes

import pytest

from tests.credentials import DEMO
from tests.quick import quick
from tests.serving.abuse.target import (
    ACCOUNT,
    CHUNKED,
    KNOWN_ID,
    MEGABYTE,
    REALTIME,
    SOUP,
    TOKEN,
    VISITOR,
    Target,
    request,
)

NO_HTTP = [
    pytest.param(SOUP, id="every byte there is"),
    pytest.param(SOUP * 1000, id="every byte a thousand times"),
    pytest.param(b"\x00" * MEGABYTE, id="a megabyte of zero bytes"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SOUP, id="TLS"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", id="HTTP/2"),
    pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="SSH"),
    pytest.param(b'{"method": "GET"}\r\n\r\n', id="JSON"),
    pytest.param(b"GET\r\n\r\n", id="method alone"),
    pytest.param(b" " + request(), id="blank before the method"),
    pytest.param(request(method=b"get"), id="method in lower case"),
    pytest.param(request(method=b"GE\x00T"), id="NUL in the method"),
    pytest.param(request(method=b"G\xc9T"), id="method beyond ASCII"),
    pytest.param(request(method=b"A" * 100_000), id="endless method"),
    pytest.param(request(method=b"CONNECT", target=b"localhost:80"), id="CONNECT"),
    pytest.param(request(version=b"HTTP/9.9"), id="HTTP/9.9"),
    pytest.param(request(version=b"HTTP/1.1.1"), id="HTTP/1.1.1"),
    pytest.param(request(version=b"HTTPS/1.1"), id="HTTPS/1.1"),
    pytest.param(request(version=b"HTTP/" + b"1" * 10_000), id="endless version"),
    pytest.param(request(target=b""), id="no target"),
    pytest.param(request(target=b"analytics/realtime"), id="target without a slash"),
    pytest.param(request(target=REALTIME + SOUP), id="every byte in the path"),
    pytest.param(request(target=REALTIME + b"?" + SOUP), id="every byte in the query"),
    pytest.param(request(target=REALTIME + b"\x00"), id="NUL in the path"),
    pytest.param(request(target=REALTIME + b"?a=\x00"), id="NUL in the query"),
    pytest.param(request(target=REALTIME + b"\r/x"), id="CR in the path"),
    pytest.param(request(target=REALTIME + b"\n/x"), id="LF in the path"),
    pytest.param(request(target=REALTIME + b"?a\tb"), id="tab in the query"),
    pytest.param(request(target=REALTIME + b"/\xff\xfe"), id="bytes beyond ASCII in the path"),
    pytest.param(request(target=REALTIME + b"?fields=\xff"), id="bytes beyond ASCII in the query"),
    pytest.param(request(target=b"http://[::1" + REALTIME), id="absolute form with half an IPv6 address"),
    pytest.param(request(target=b"://" + REALTIME), id="absolute form without a scheme"),
    pytest.param(request(target=REALTIME + b"?a=" + b"x" * MEGABYTE), id="a megabyte of query"),
    pytest.param(request(target=VISITOR + b"a" * MEGABYTE), id="a megabyte of path"),
    pytest.param(
        request(target=REALTIME + b"?" + b"&".join(b"a%d=b" % n for n in range(100_000))),
        id="100,000 parameters",
    ),
    pytest.param(request(headers=SOUP + b": a\r\n"), id="every byte in a header's name"),
    pytest.param(request(headers=b"X-A: " + SOUP + b"\r\n"), id="every byte in a header's value"),
    pytest.param(request(headers=b"X\x00A: a\r\n"), id="NUL in a header's name"),
    pytest.param(request(headers=b"X\xe9: a\r\n"), id="header's name beyond ASCII"),
    pytest.param(request(headers=b"X A: a\r\n"), id="blank in a header's name"),
    pytest.param(request(headers=b"X-A : a\r\n"), id="blank after a header's name"),
    pytest.param(request(headers=b": a\r\n"), id="header without a name"),
    pytest.param(request(headers=b"nothing\r\n"), id="header without a colon"),
    pytest.param(request(headers=b"X-A: a\x00b\r\n"), id="NUL in a header's value"),
    pytest.param(request(headers=b"X-A: a\x1b[31m\r\n"), id="escape in a header's value"),
    pytest.param(request(headers=b"X-A: a\rX-B: b\r\n"), id="CR in a header's value"),
    pytest.param(request(headers=b"X-A: a\n\nGET / HTTP/1.1\r\n"), id="LF in a header's value"),
    pytest.param(request(headers=b"X-A: a\r\n  b\r\n"), id="folded header"),
    pytest.param(request(headers=b"Content-Length: -1\r\n"), id="negative length"),
    pytest.param(request(headers=b"Content-Length: 1e3\r\n"), id="length that is no integer"),
    pytest.param(request(headers=b"Content-Length: " + b"9" * 30 + b"\r\n"), id="length beyond 64 bits"),
    pytest.param(
        request(headers=b"Content-Length: 1\r\nContent-Length: 2\r\n", body=b"ab"), id="two lengths"
    ),
    pytest.param(request(headers=CHUNKED + b"Content-Length: 5\r\n", body=b"0\r\n\r\n"), id="two framings"),
    pytest.param(request(headers=CHUNKED, body=b"no hex\r\nabc\r\n0\r\n\r\n"), id="chunk size that is none"),
    pytest.param(request(headers=CHUNKED, body=b"-1\r\nabc\r\n0\r\n\r\n"), id="negative chunk size"),
    pytest.param(request(headers=CHUNKED, body=b"f" * 30 + b"\r\nabc\r\n"), id="chunk size beyond 64 bits"),
    pytest.param(request(headers=CHUNKED, body=b"3\r\nabcdef\r\n0\r\n\r\n"), id="chunk longer than it says"),
]


@pytest.mark.parametrize("data", quick(NO_HTTP, 20))
def test_bytes_that_are_not_http_are_refused(target: Target, data: bytes) -> None:
    [status] = target.statuses(data)

    assert 400 <= status < 500


@pytest.mark.parametrize(
    "data", [b"\r\n" * 10_000, b"GET " + REALTIME + b"\r\n"], ids=["line ends", "HTTP/0.9"]
)
def test_connection_without_a_request_is_closed(target: Target, data: bytes) -> None:
    assert target.statuses(data) in ([], [400])


TARGETS = [
    pytest.param(VISITOR + b"%ff", 400, id="invalid UTF-8"),
    pytest.param(VISITOR + b"%c3%28", 400, id="broken UTF-8 sequence"),
    pytest.param(VISITOR + b"%ed%a0%80", 400, id="surrogate"),
    pytest.param(VISITOR + b"%00", 400, id="NUL"),
    pytest.param(VISITOR + KNOWN_ID + b"%00", 400, id="NUL after a known id"),
    pytest.param(VISITOR + KNOWN_ID + b"%0d%0aX-A:%20b", 400, id="header after a known id"),
    pytest.param(VISITOR + b"%", 400, id="half an escape"),
    pytest.param(VISITOR + b"%zz", 400, id="escape without digits"),
    pytest.param(VISITOR + quote_from_bytes(SOUP, safe="").replace("%2F", "").encode(), 400, id="every byte"),
    pytest.param(VISITOR + b"%EF%BC%91" * 36, 400, id="full-width digits"),
    pytest.param(VISITOR + b"{visitorId}", 400, id="placeholder"),
    pytest.param(VISITOR + b"%7B0.__class__.__mro__%7D%s%25n", 400, id="format string"),
    pytest.param(VISITOR + b"' OR 1=1 --".replace(b" ", b"%20"), 400, id="SQL"),
    pytest.param(VISITOR + b"<script>alert(1)</script>".replace(b"/", b"%5c"), 400, id="script"),
    pytest.param(VISITOR + b"a" * 1000, 400, id="long id"),
    pytest.param(VISITOR + b"a" * 10_000, 400, id="very long id"),
    pytest.param(VISITOR + b"ffffffff-ffff-4fff-bfff-ffffffffffff", 404, id="last id there is"),
    pytest.param(VISITOR + b"00000000-0000-4000-8000-000000000000", 404, id="first id there is"),
    pytest.param(VISITOR + KNOWN_ID + b"#fragment", 200, id="fragment"),
    pytest.param(REALTIME + b"%ff", 404, id="invalid UTF-8 in a route"),
    pytest.param(REALTIME + b"%00", 404, id="NUL in a route"),
    pytest.param(REALTIME + b"?fields=%ff", 400, id="invalid UTF-8 in fields"),
    pytest.param(REALTIME + b"?fields=%00", 400, id="NUL in fields"),
    pytest.param(REALTIME + b"?fields=" + b"a" * 10_000, 400, id="long fields"),
    pytest.param(REALTIME + b"?fields=visitors," * 1000, 400, id="fields a thousand times over"),
    pytest.param(REALTIME + b"?%ff=%c3%28&%00=%00&=&&&;;%", 200, id="invalid UTF-8 in an unknown parameter"),
    pytest.param(REALTIME + b"?" + b"&" * 30_000, 200, id="30,000 empty parameters"),
    pytest.param(b"//", 200, id="two slashes"),
    pytest.param(b"//localhost" + REALTIME, 404, id="two slashes and a host"),
    pytest.param(b"//[", 404, id="two slashes and half an IPv6 address"),
    pytest.param(b"/" * 10_000, 404, id="10,000 slashes"),
    pytest.param(b"/../../../../etc/passwd", 404, id="upwards"),
    pytest.param(b"/%2e%2e/%2e%2e/etc/passwd", 404, id="upwards, escaped"),
    pytest.param(b"/api/v1/nothing/.." + b"/analytics/realtime", 404, id="upwards and down again"),
    pytest.param(b"/..%5c..%5cwindows", 404, id="upwards by backslash"),
    pytest.param(b"/@localhost:99999999/[", 404, id="what breaks URLs"),
    pytest.param(b"*", 400, id="asterisk"),
    pytest.param(b"*[", 400, id="asterisk and half an IPv6 address"),
    pytest.param(b"http://localhost", 200, id="absolute form without a path"),
    pytest.param(b"http://localhost" + REALTIME, 200, id="absolute form"),
    pytest.param(b"http://user:secret@elsewhere:1" + REALTIME, 200, id="absolute form of another host"),
    pytest.param(b"http://localhost/nothing", 404, id="absolute form, unknown route"),
    pytest.param(b"/openapi.json?revision=%ff%00" + b"x" * 10_000, 400, id="endless revision"),
]


@pytest.mark.parametrize(("path", "status"), TARGETS)
def test_hostile_target(target: Target, path: bytes, status: int) -> None:
    statuses = target.statuses(request(path))

    assert statuses == [status]


AUTHORIZATIONS = [
    pytest.param(b"Authorization: Bearer " + b"x" * 30_000 + b"\r\n", 401, id="30 KB of token"),
    pytest.param(b"Authorization: " + b"x" * 30_000 + b"\r\n", 401, id="30 KB of scheme"),
    pytest.param(b"Authorization: Bearer " + b" " * 30_000 + b"df_nobody\r\n", 401, id="30 KB of blanks"),
    pytest.param(b"Authorization: Bearer " + b"x" * 100_000 + b"\r\n", 431, id="100 KB of token"),
    pytest.param("Authorization: Bearer df_tést☃\r\n".encode(), 401, id="UTF-8"),
    pytest.param(b"Authorization: Bearer df_t\xe9st\r\n", 401, id="Latin-1"),
    # In HTTP only space and tab are white space.
    pytest.param(b"Authorization: Bearer df_test\xa0\r\n", 401, id="no-break space after the token"),
    pytest.param(b"Authorization: Bearer \x85df_test\r\n", 401, id="next line before the token"),
    pytest.param(b"Authorization: \xa0Bearer df_test\r\n", 401, id="no-break space before the scheme"),
    pytest.param(b"Authorization: Bearer\tdf_test\r\n", 401, id="tab after the scheme"),
    pytest.param(b"Authorization: Bearer df_test\tx\r\n", 401, id="tab in the token"),
    pytest.param(b"Authorization: Bearer df_test,df_test\r\n", 401, id="two tokens"),
    pytest.param(b"Authorization: Bearer ../df_test\r\n", 401, id="path"),
    pytest.param(b"Authorization:\r\n", 401, id="empty"),
    pytest.param(b"Authorization: Bearer df_nobody\r\n" + TOKEN, 401, id="twice, the first unknown"),
    pytest.param(TOKEN * 2, 200, id="twice the same"),
]


@pytest.mark.parametrize(("authorization", "status"), AUTHORIZATIONS)
def test_hostile_authorization(target: Target, authorization: bytes, status: int) -> None:
    statuses = target.statuses(request(headers=authorization))

    assert statuses == [status]


QUERIES = [
    pytest.param(f"websiteId={DEMO}&websiteId={DEMO}", 200, id="twice the same website"),
    pytest.param("websiteId=x&websiteId=y", 400, id="two bad websites"),
    pytest.param(f"websiteId={DEMO}&websiteId=x", 200, id="first of two websites counts: good"),
    pytest.param(f"websiteId=x&websiteId={DEMO}", 400, id="first of two websites counts: bad"),
    pytest.param(f"websiteId={DEMO}&fields=visitors&fields=x", 200, id="first of two fields counts: good"),
    pytest.param(f"websiteId={DEMO}&fields=x&fields=visitors", 400, id="first of two fields counts: bad"),
    pytest.param(f"websiteId[]={DEMO}", 400, id="website as an array"),
    pytest.param(f"websiteId%5B%5D={DEMO}", 400, id="website as an array, escaped"),
    pytest.param(f"websiteId={DEMO}%00", 400, id="NUL after the website"),
    pytest.param(f"websiteId={DEMO}%0a", 400, id="line feed after the website"),
    pytest.param(f"websiteId=%20{DEMO}", 400, id="blank before the website"),
    pytest.param("websiteId=%ff", 400, id="invalid UTF-8"),
    pytest.param("websiteId=" + "%EF%BC%91" * 24, 400, id="full-width digits"),
    pytest.param("websiteId=" + "f" * 10_000, 400, id="long website"),
    pytest.param("websiteId=ffffffffffffffffffffffff", 404, id="last website there is"),
    pytest.param(f"websiteId={DEMO}&fields=visitors&fields=visitors", 200, id="twice the same field"),
    pytest.param(f"websiteId={DEMO}&fields=x&fields=y", 400, id="two bad fields"),
]


@pytest.mark.parametrize(("query", "status"), QUERIES)
def test_hostile_query(target: Target, query: str, status: int) -> None:
    statuses = target.statuses(request(REALTIME + b"?" + query.encode(), ACCOUNT))

    assert statuses == [status]


ODD = [
    pytest.param(request(version=b"HTTP/1.0"), id="HTTP/1.0"),
    pytest.param(b"GET %b HTTP/1.0\r\n%b\r\n" % (REALTIME, TOKEN), id="HTTP/1.0 without a host"),
    pytest.param(b"\r\n" * 10 + request(), id="empty lines before the request"),
    pytest.param(request(headers=TOKEN + b"X-A: \xff\xfe\xe9\t\x80\r\n"), id="value beyond ASCII"),
    pytest.param(request(headers=TOKEN + b"X-A:\r\nX-A:    \r\n"), id="empty values"),
    pytest.param(request(headers=TOKEN + b"Origin: \xff\r\n"), id="origin beyond ASCII"),
    pytest.param(request(headers=TOKEN + b"Expect: 100-continue\r\nContent-Length: 3\r\n"), id="Expect"),
    pytest.param(request(headers=TOKEN + b"Expect: the unexpected\r\n"), id="unknown Expect"),
    pytest.param(request(headers=TOKEN + CHUNKED, body=b"3\r\nabc\r\n0\r\n\r\n"), id="chunked body"),
    pytest.param(request(headers=TOKEN + b"Content-Length: 9000000000000000000\r\n"), id="huge length"),
]


@pytest.mark.parametrize("data", ODD)
def test_odd_request_is_served(target: Target, data: bytes) -> None:
    statuses = target.statuses(data)

    assert statuses == [200]


BORDERLINE = [
    pytest.param(request(version=b"HTTP/2.0"), id="HTTP/2.0"),
    pytest.param(request(REALTIME + b"\r\nX: y"), id="CR LF in the path, which makes it HTTP/0.9"),
    pytest.param(
        request(headers=b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + TOKEN), id="10,000 headers"
    ),
    pytest.param(request(headers=b"X-A: " + b"a" * MEGABYTE + b"\r\n" + TOKEN), id="a megabyte of value"),
    pytest.param(request(headers=b"X" * MEGABYTE + b": a\r\n" + TOKEN), id="a megabyte of name"),
    pytest.param(request(headers=b"Cookie: a=b\r\n" * 10_000 + TOKEN), id="10,000 cookies"),
    pytest.param(request(b"http:" + REALTIME), id="scheme without a host"),
    pytest.param(request(b"ftp://localhost" + REALTIME), id="another scheme"),
    pytest.param(request(b"/api%2Fv1/analytics%2Frealtime"), id="escaped slashes"),
]


@pytest.mark.parametrize("data", BORDERLINE)
def test_borderline_request_is_served_or_refused(target: Target, data: bytes) -> None:
    statuses = target.statuses(data)

    assert len(statuses) == 1
    assert statuses[0] == 200 or 400 <= statuses[0] < 500


@pytest.mark.parametrize(
    "host", [b"[", b"a]b[", b"://", b"[::1", b"x:y", b"\xff\xe9", "ⅷ℀".encode(), b'a b/c["<>?#@']
)
@pytest.mark.parametrize("path", [b"/nothing", REALTIME + b"/", b"/__mock/health", b"/console/"])
def test_hostile_host(target: Target, host: bytes, path: bytes) -> None:
    statuses = target.statuses(b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, host))

    assert statuses == [400]


# A port is any number of digits, also none (RFC 3986, 3.2.3). So a `Host` with a port that TCP does not have
# is not invalid, and a server need not refuse it (RFC 9112, 3.2).
@pytest.mark.parametrize("host", [b"", b"x:99999999", b"127.0.0.1:99999", b"x:"])
def test_host_that_is_of_no_use_is_none_of_ours(target: Target, host: bytes) -> None:
    statuses = target.statuses(b"GET %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (REALTIME, host, TOKEN))

    assert statuses == [200]


@pytest.mark.parametrize(
    ("asked", "status"),
    [(b"\xff\tb", 200), (b"*", 200), (b",,,,", 200), (b'a"b\\c', 200), (b"x" * 100_000, 431)],
)
def test_hostile_preflight(target: Target, asked: bytes, status: int) -> None:
    headers = (
        b"Origin: \xff\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: %b\r\n"
        % asked
    )

    statuses = target.statuses(request(headers=headers, method=b"OPTIONS"))

    assert statuses == [status]
