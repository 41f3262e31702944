"""Probes of profiles: with ids that are refused, and with the id in the user's credentials."""

from contract_tests.asking import labels
from contract_tests.asking.labels import NOBODY
from contract_tests.asking.probes.probe import REFUSALS, SUCCESSES, Question
from contract_tests.operations import VISITOR

# A word, and a UUID of another version than 4.
_MALFORMED = ("not-a-uuid", "a3ab2331-989f-1cfa-91c6-2461c9e3c6bd")

PROBES = (
    *(
        Question(
            VISITOR, labels.BAD_VISITOR_ID, "key", ("ERR-02", *REFUSALS), values={"visitorId": malformed}
        )
        for malformed in _MALFORMED
    ),
    Question(VISITOR, labels.UNKNOWN_VISITOR, "key", ("ERR-03", *REFUSALS), values={"visitorId": NOBODY}),
    # The request has no label `ok`, because the server may not know this visitor.
    Question(VISITOR, None, "key", ("VIS-*", "getVisitor.*", *SUCCESSES), roles={"visitorId": "visitor_id"}),
    Question(VISITOR, labels.BOT, "key", ("ERR-05", *REFUSALS), roles={"visitorId": "bot"}),
)
