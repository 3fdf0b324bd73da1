"""The search for an order: complete, bounded, and with an explanation that is as small as it can be."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistants_conformance.scenario.linear import Act, conflict, fits, optional


def register(state, act):
    """A register that is written and read: the specification that every paper begins with."""
    if act.kind == "write":
        return [act.subject]
    return [state] if state == act.subject else []


def reads(act):
    return act.kind == "read"


def write(value, began, ended):
    return Act("write", "done", value, began=began, ended=ended, told=f"write {value}")


def read(value, began, ended):
    return Act("read", "done", value, began=began, ended=ended, told=f"read {value}")


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([], True),
        ([write("a", 0, 1), read("a", 2, 3)], True),
        ([write("a", 0, 1), read("", 2, 3)], False),
        ([write("a", 0, 4), read("", 1, 2), read("a", 2.5, 3)], True),
        ([write("a", 0, 4), read("a", 1, 2), read("", 2.5, 3)], False),
        ([write("a", 0, 9), write("b", 0, 9), read("a", 1, 2), read("b", 3, 4)], True),
        ([write("a", 0, 9), write("b", 0, 9), read("a", 1, 2), read("b", 3, 4), read("a", 5, 6)], False),
        ([write("a", 0, 1), write("b", 2, 3), read("a", 4, 5)], False),
        ([write("a", 0, 2), write("b", 2, 3), read("a", 4, 5)], True),
        ([read("a", 0, 1), write("a", 2, 3)], False),
    ],
)
def test_known_histories_of_a_register(acts, expected):
    assert fits(acts, "", register) is expected


def test_what_nobody_knows_may_have_happened_at_any_later_time_or_never():
    unknown = optional(write("a", 2, 3))
    assert fits([unknown, read("a", 10, 11)], "", register) is True
    assert fits([unknown, read("", 10, 11)], "", register) is True
    assert fits([unknown, read("", 4, 5), read("a", 6, 7), read("", 8, 9)], "", register) is False
    assert fits([unknown, read("a", 0, 1)], "", register) is False


def test_a_search_that_is_too_long_is_given_up():
    acts = [write(str(number), 0, 1) for number in range(12)]
    acts.append(read("none of them", 2, 3))
    assert fits(acts, "", register, limit=100) is None
    assert fits(acts[:4] + acts[-1:], "", register, limit=100) is False


times = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))
acts_of_a_register = st.lists(
    st.builds(
        lambda kind, value, time: kind(value, *time), st.sampled_from([write, read]), st.sampled_from("ab"), times
    ),
    max_size=6,
)


def by_trying_every_order(acts):
    for order in permutations(acts):
        if any(late.ended < early.began for place, early in enumerate(order) for late in order[place + 1 :]):
            continue
        states = {""}
        for act in order:
            states = {after for state in states for after in register(state, act)}
        if states:
            return True
    return False


@settings(max_examples=300, deadline=None)
@given(acts_of_a_register)
def test_the_search_says_what_trying_every_order_says(acts):
    assert fits(acts, "", register, passive=reads) is by_trying_every_order(acts)


@settings(max_examples=150, deadline=None)
@given(acts_of_a_register)
def test_an_explanation_fits_no_order_and_nothing_in_it_is_idle(acts):
    def check(some, limit):
        return fits(some, "", register, passive=reads, limit=limit)

    def weaken(act):
        return optional(act) if act.kind == "write" else None

    def relaxed(core):
        kept = [act if act in core else weaken(act) for act in acts]
        return fits([act for act in kept if act is not None], "", register)

    acts = [replace(act, told=str(number)) for number, act in enumerate(acts)]
    if fits(acts, "", register):
        return
    core = conflict(acts, check, weaken)
    assert relaxed(core) is False
    for act in core:
        assert relaxed([one for one in core if one is not act]) is True


def test_the_smallest_explanation_is_found():
    acts = [write(str(number), number, number + 0.5) for number in range(6)]
    acts += [read("5", 7, 8), read("0", 9, 10), read("5", 11, 12)]
    core = conflict(
        acts,
        lambda some, limit: fits(some, "", register, limit=limit),
        lambda act: optional(act) if act.kind == "write" else None,
    )
    assert [act.told for act in core] == ["write 0", "write 1", "read 0"]
