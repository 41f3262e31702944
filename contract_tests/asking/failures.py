"""Words the errors of a connection for people, with what to do about them."""

import re

# The parts that Python adds to the message of an error.
_PYTHON = re.compile(r"\[Errno -?\d+\] ?|\[SSL[^\]]*\] ?| ?\(_ssl\.c:\d+\)")
# OpenSSL words its errors for those who know its records.
_ADVICE = (
    (
        re.compile("wrong version number|record layer failure|packet length too long"),
        "; there is no HTTPS at this port, so the URL may have to begin with http://",
    ),
    (
        re.compile("self[- ]signed certificate|unable to get local issuer"),
        "; to trust it, set the environment variable SSL_CERT_FILE to a file that contains its certificate",
    ),
)


def problem_of(error: Exception) -> str:
    """Returns the message of an error without what Python adds to it, but with what to do."""
    told = _PYTHON.sub("", str(error)).strip().rstrip(".") or type(error).__name__
    return told + next((advice for pattern, advice in _ADVICE if pattern.search(told)), "")
