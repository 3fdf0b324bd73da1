"""Scenarios against a hostile server, in this process, and everything that is written about them."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from dataclasses import dataclass

from assistants_conformance._data import folder
from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.reporting.console import Ink, report, screen
from assistants_conformance.reporting.markdown import markdown
from assistants_conformance.reporting.page import page
from assistants_conformance.reporting.result import Target, document
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import decide
from assistants_conformance.scenario import conduct
from assistants_conformance.target import Api, Capabilities, TargetSettings

from .server import KEY

#: One of each: plain objects, lists, a run with a lock, a stream, the package of the vendor.
SCENARIOS = (
    ("test_threads", "test_operations_answer_200", {}),
    ("test_pagination", "test_after_answers_what_follows", {"order": "asc"}),
    ("test_thread_locking", "test_thread_is_locked_while_a_run_is_active", {}),
    ("test_streaming", "test_run_is_streamed", {}),
    ("test_sdk", "test_function_calling_with_two_functions", {}),
)


@dataclass
class Outcome:
    """What came of the scenarios: kinds by name, the verdicts, and every text that a reader is given."""

    kinds: dict[str, str]
    found: dict[str, list]
    reasons: str
    result: dict
    console: str
    html: str
    markdown: str
    seconds: float

    @property
    def written(self):
        return "\n".join((self.console, self.html, self.markdown, json.dumps(self.result), self.reasons))


def scenario(module, name):
    known = f"hostile_{module}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, folder("suites") / f"{module}.py")
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return getattr(sys.modules[known], name)


def drive(server, *, scenarios=SCENARIOS, **settings):
    profile = load_profile(server.profile)
    settings = {"request_timeout": 5.0, "run_timeout": 5.0, "page_limit": 20} | settings
    told = TargetSettings(profile=profile, url=server.url, api_key=KEY, **settings)
    api = Api(told, Judge(profile, closed=True))
    api.capabilities = Capabilities({})
    tally, kinds, ink, screens, reasons = Tally(), {}, Ink(secrets=(KEY,)), [], []
    began = time.monotonic()
    try:
        for module, name, arguments in scenarios:
            api.judge = Judge(profile, closed=True)
            came = conduct(scenario(module, name), api, tally, f"suites/{module}.py::{name}", arguments)
            kinds[name] = came.kind
            reasons.append(f"{name}: {came.kind}: {ink.clean(came.message)}")
            own = Tally()
            for finding in came.verify.findings:
                own.add_finding(finding)
            screens += [screen(profile.requirement(one), records, ink) for one, records in own.findings.items()]
            tally.exercised.update(api.judge.exercised)
    finally:
        api.close()
    seconds = time.monotonic() - began
    verdicts = decide(tally, profile, filtered=True)
    result = document(
        Target(server.url, profile.id, "live"),
        verdicts.rows,
        verdicts.totals,
        verdicts.overall,
        requests=tally.requests,
        runs=0,
        duration_seconds=1.0,
        secrets=(KEY,),
        part="a part",
    )
    console = "\n".join((*screens, *report(verdicts, profile.requirements, ink)))
    return Outcome(
        kinds,
        tally.findings,
        "\n".join(reasons),
        result,
        console,
        page([result]),
        markdown([result]),
        seconds,
    )
