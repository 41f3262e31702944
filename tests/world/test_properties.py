"""Goal properties count the same completions as goals and sessions."""

from collections import Counter

from hypothesis import given

from mock_server.instants import MINUTE
from mock_server.world.past.table import SETTLING_MINUTES
from mock_server.world.reports.goals import goals
from mock_server.world.reports.properties import properties, values
from mock_server.world.walk import CUSTOM
from tests.sites import SITES
from tests.world.test_reports import Asked, questions, select, sessions_of, short_questions

PROPERTIES = SITES["demo"].goal_properties

# The sites with goal properties; other sites have none.
of_demo = questions().map(lambda asked: asked._replace(site="demo"))
shortly_of_demo = short_questions.map(lambda asked: asked._replace(site="demo"))


@given(of_demo)
def test_the_completions_of_all_values_are_those_of_the_goal(asked: Asked) -> None:
    facts, chosen = select(asked)

    completed = {row["goal"]: (row["completions"], row["visitors"]) for row in goals(facts, chosen)}
    for goal, named in PROPERTIES.items():
        completions, visitors = completed.get(goal, (0, 0))
        listed = properties(facts, chosen, goal)
        assert [row["propertyName"] for row in listed] == (sorted(named) if completions else [])
        assert {(row["completions"], row["visitors"]) for row in listed} <= {(completions, visitors)}
        for name in named:
            rows = values(facts, chosen, goal, name)
            assert sum(row["completions"] for row in rows) == completions
            assert max((row["visitors"] for row in rows), default=0) <= visitors
            assert visitors <= sum(row["visitors"] for row in rows)
            assert rows == sorted(rows, key=lambda row: (-row["completions"], row["value"]))


@given(shortly_of_demo)
def test_values_are_those_that_sessions_tell(asked: Asked) -> None:
    facts, chosen = select(asked)
    told: Counter[tuple[str, str, str]] = Counter()
    for session in sessions_of(asked._replace(begin=asked.begin - SETTLING_MINUTES * MINUTE)):
        for moment in session.walk.moments:
            is_now = asked.begin <= moment.at < asked.end and moment.at <= asked.instant
            if moment.goal and moment.kind == CUSTOM and is_now:
                told.update((moment.goal.name, *one) for one in session.properties_of(moment).items())

    counted = {
        (goal, name, row["value"]): row["completions"]
        for goal, named in PROPERTIES.items()
        for name in named
        for row in values(facts, chosen, goal, name)
    }
    assert counted == told


@given(of_demo)
def test_names_that_a_website_does_not_have_give_no_rows(asked: Asked) -> None:
    facts, chosen = select(asked)

    # "Signup" differs from a goal in its capital, watch_demo has no properties, and "Share on X" is a link.
    for goal in ("nobody", "Signup", "watch_demo", "Share on X"):
        assert properties(facts, chosen, goal) == values(facts, chosen, goal, "plan") == []
    assert values(facts, chosen, "signup", "Plan") == values(facts, chosen, "signup", "topic") == []
