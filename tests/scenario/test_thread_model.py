"""The specification of a thread: what came of a run one after the other always fits, what cannot have been does not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.scenario.linear import Act, optional
from assistants_conformance.scenario.thread_model import State, ThreadModel, explained

CYCLE = load_profile("openai-v2").lifecycle("run")
MODEL = ThreadModel(CYCLE)
IDLE = State()
WAITING = State(runs=frozenset({("r", MODEL.waiting)}))


def act(kind, outcome="done", subject="", seen=(), at=0, until=None):
    return Act(kind, outcome, subject, frozenset(seen), at, at if until is None else until, told=f"{kind} {subject}")


def core(acts, start=IDLE, model=MODEL):
    found = model.contradiction(acts, start)
    return found if found is None else [one.told for one in found]


@pytest.mark.parametrize("profile", profile_ids())
def test_one_of_many_runs_is_let_in_and_the_others_refused(profile):
    model = ThreadModel(load_profile(profile).lifecycle("run"))
    acts = [act("create_run", "done" if number == 3 else "refused", str(number), until=9) for number in range(50)]
    acts += [act("read_run", subject="3", seen=["requires_action"], at=10), act("list_runs", seen=["3"], at=11)]
    assert core(acts, model=model) == []


def test_two_runs_that_both_wait_afterwards_were_let_in_beside_each_other():
    acts = [act("create_run", "done" if number < 2 else "refused", str(number), until=9) for number in range(20)]
    acts += [act("read_run", subject=name, seen=["requires_action"], at=10 + int(name)) for name in "01"]
    assert len(core(acts)) == 3


def test_a_run_that_ended_by_itself_makes_room_for_the_next():
    acts = [act("create_run", subject=name, until=9) for name in "ab"]
    acts += [act("read_run", subject="a", seen=["completed"], at=10)]
    acts += [act("read_run", subject="b", seen=["requires_action"], at=11)]
    assert core(acts) == []


def test_nobody_is_refused_by_a_lock_that_nobody_holds():
    assert core([act("create_run", "refused", "a"), act("create_run", "refused", "b")]) == ["create_run a"]
    ended = [act("create_run", subject="a"), act("read_run", subject="a", seen=["completed"], at=1)]
    assert core([*ended, act("create_message", "refused", "m", at=2)]) == ["read_run a", "create_message m"]


def test_a_request_without_an_answer_may_hold_the_lock():
    unknown = optional(act("create_run", subject="a"))
    assert core([unknown, act("create_run", "refused", "b", at=1)]) == []


def test_outputs_are_taken_once():
    assert core([act("submit", subject="r", until=9), act("submit", "refused", "r", until=9)], WAITING) == []
    assert len(core([act("submit", subject="r", until=9), act("submit", subject="r", until=9)], WAITING)) == 2


@pytest.mark.parametrize(
    ("submit", "cancel", "status", "shown", "expected"),
    [
        ("done", "done", "cancelled", "output", True),
        ("done", "done", "completed", "output", True),
        ("done", "done", "cancelled", "none", False),
        ("done", "done", "requires_action", "output", False),
        ("refused", "done", "cancelled", "none", True),
        ("refused", "done", "cancelled", "output", False),
        ("refused", "done", "completed", "none", True),
        ("done", "refused", "completed", "output", True),
        ("refused", "refused", "requires_action", "none", False),
    ],
)
def test_submit_against_cancel(submit, cancel, status, shown, expected):
    acts = [act("submit", submit, "r", until=9), act("cancel", cancel, "r", until=9)]
    acts += [act("read_run", subject="r", seen=[status], at=10), act("read_steps", subject="r", seen=[shown], at=11)]
    assert (core(acts, WAITING) == []) is expected


def test_a_second_round_of_calls_does_not_take_the_outputs_of_the_first():
    acts = [act("submit", subject="r"), act("read_run", subject="r", seen=["requires_action"], at=1)]
    assert core([*acts, act("submit", "refused", "r", at=2)], WAITING) == []
    assert core([*acts, act("submit", "done", "r", at=2)], WAITING) != []


def test_what_has_expired_stays_expired():
    model = ThreadModel(CYCLE, lenient=True)
    seen = act("read_run", subject="r", seen=["expired"], until=9)
    cancel = act("cancel", subject="r", until=9)
    assert core([cancel, seen], WAITING, model) == []
    assert core([cancel, seen, act("read_run", subject="r", seen=["expired"], at=10)], WAITING, model) == []
    assert core([cancel, seen, act("read_run", subject="r", seen=["cancelled"], at=10)], WAITING, model) != []


def test_a_deleted_thread_takes_everything_with_it():
    acts = [act("create_run", subject="a", until=9), act("delete_thread", until=9)]
    gone = [act("read_run", "gone", "a", at=10), act("list_runs", "gone", at=11), act("read_thread", "gone", at=12)]
    assert core([*acts, *gone]) == []
    orphan = act("read_run", subject="a", seen=["queued"], at=10)
    assert core([*acts, orphan]) == ["delete_thread ", "read_run a"]
    assert core([act("delete_thread", until=9), act("delete_thread", until=9)]) == ["delete_thread "] * 2


def test_a_list_shows_what_was_accepted_and_nothing_that_was_refused():
    acts = [act("create_message", subject="m", until=9), act("create_message", "refused", "n", until=9)]
    acts += [act("create_run", subject="a", until=9)]
    assert core([*acts, act("list_messages", seen=["m", "foreign"], at=10)]) == []
    assert core([*acts, act("list_messages", seen=[], at=10)]) == ["create_message m", "list_messages "]
    assert core([*acts, act("list_messages", seen=["m", "n"], at=10)]) == ["create_message n", "list_messages "]


def test_one_lost_message_among_fifty_is_seen():
    acts = [act("create_message", subject=str(number), until=9) for number in range(50)]
    acts.append(act("list_messages", seen=[str(number) for number in range(50) if number != 31], at=10))
    assert core(acts) == ["create_message 31", "list_messages "]


def test_the_explanation_says_when_each_request_was_under_way():
    acts = [act("create_run", "refused", "a", at=5, until=5.25)]
    assert "create_run a (from 0.0 to 250.0 ms)" in explained(acts, acts)
    assert "from 250.0 to 300.0 ms" in explained([replace(acts[0], began=5.25, ended=5.3)], [*acts])


# -- histories by chance -----------------------------------------------------------------------------------------------


class Simulated:
    """A thread that keeps the contract, written without the specification: one run, one status, one set of texts."""

    def __init__(self, chance):
        self.chance, self.there, self.messages, self.runs, self.served, self.made = chance, True, set(), {}, set(), 0

    def ripen(self):
        moves = {edge.start: [] for edge in CYCLE.edges}
        for edge in CYCLE.edges:
            if not edge.client:
                moves[edge.start].append(edge.end)
        for name, status in self.runs.items():
            if moves.get(status) and self.chance.random() < 0.4:
                self.runs[name] = self.chance.choice(moves[status])

    def locked(self):
        return any(status in CYCLE.open for status in self.runs.values())

    def answer(self, kind, at, until):
        self.ripen()
        subject = self.chance.choice(sorted(self.runs)) if self.runs else ""
        if kind in ("create_run", "create_message"):
            self.made += 1
            subject = f"{kind} {self.made}"
        outcome, seen = getattr(self, kind)(subject) if self.there else ("gone", ())
        return act(kind, outcome, "" if kind.startswith(("list_", "delete_")) else subject, seen, at, until)

    def create_run(self, name):
        if self.locked():
            return "refused", ()
        self.runs[name] = "queued"
        return "done", ()

    def create_message(self, name):
        if self.locked():
            return "refused", ()
        self.messages.add(name)
        return "done", ()

    def submit(self, name):
        if self.runs.get(name) != "requires_action" or name in self.served:
            return ("refused" if name else "gone"), ()
        self.runs[name] = "queued"
        self.served.add(name)
        return "done", ()

    def cancel(self, name):
        if self.runs.get(name) not in ("queued", "in_progress", "requires_action"):
            return ("refused" if name else "gone"), ()
        self.runs[name] = "cancelling"
        return "done", ()

    def read_run(self, name):
        return ("done", (self.runs[name],)) if name else ("gone", ())

    def list_messages(self, name):
        del name
        return "done", self.messages

    def list_runs(self, name):
        del name
        return "done", self.runs

    def delete_thread(self, name):
        del name
        self.there = False
        return "done", ()


KINDS = ("create_run", "create_message", "submit", "cancel", "read_run", "list_messages", "list_runs")


def history(seed, count=14, overlap=3.0):
    """Requests one after the other, each stretched to both sides, so that many overlap."""
    chance = random.Random(seed)
    thread = Simulated(chance)
    acts = []
    for number in range(count):
        kind = "delete_thread" if chance.random() < 0.04 else chance.choice(KINDS)
        acts.append(thread.answer(kind, number - chance.random() * overlap, number + chance.random() * overlap))
    chance.shuffle(acts)
    return acts


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_what_happened_one_after_the_other_always_fits(seed):
    assert MODEL.check(history(seed), IDLE) is True


def turned(acts, chance):
    """One answer turned into another."""
    number = chance.randrange(len(acts))
    one = acts[number]
    if one.kind == "read_run" and one.outcome == "done":
        other = replace(one, seen=frozenset({chance.choice(sorted(CYCLE.states - one.seen))}))
    elif one.kind.startswith("list_") and one.outcome == "done":
        names = sorted(act.subject for act in acts if act.kind == one.kind.replace("list_", "create_")[:-1])
        other = replace(one, seen=one.seen ^ {chance.choice(names)}) if names else replace(one, outcome="gone")
    else:
        other = replace(one, outcome="refused" if one.outcome == "done" else "done")
    return [*acts[:number], other, *acts[number + 1 :]]


def test_mutated_histories_are_mostly_refuted_and_always_decided():
    refuted = 0
    for seed in range(200):
        verdict = MODEL.check(turned(history(seed, overlap=0.4), random.Random(seed)), IDLE)
        assert verdict is not None
        refuted += verdict is False
    assert refuted >= 100


def test_the_explanation_of_a_mutated_history_is_a_contradiction_by_itself():
    seen = 0
    for seed in range(60):
        acts = turned(history(seed), random.Random(seed))
        found = MODEL.contradiction(acts, IDLE)
        assert found is not None
        if found:
            seen += 1
            rest = [one if one in found else MODEL.weaken(one) for one in acts]
            assert MODEL.check([one for one in rest if one is not None], IDLE) is False
    assert seen > 10
