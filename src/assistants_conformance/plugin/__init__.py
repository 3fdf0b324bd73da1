"""The pytest plugin: loaded in every session of an environment, at work only where conformance scenarios are.

Nothing heavy is imported until a scenario was collected or an option of the plugin was used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from assistants_conformance.plugin.session import Session
    from assistants_conformance.scenario import Binding
    from assistants_conformance.target import Api

_SESSION: pytest.StashKey[Session] = pytest.StashKey()
_PREFIX = "assistants_"
_PROPERTY = "conformance"

#: Name, type and help of every option; the name gets the prefix `--assistants-`.
_OPTIONS: tuple[tuple[str, Any, str], ...] = (
    ("url", str, "the endpoint under test; 'reference' or nothing: a server in this process"),
    ("profile", str, "the contract to hold it to"),
    ("config", str, "a configuration file; without it ./conformance.toml, where there is one"),
    ("json", str, "write the result to this file"),
    ("html", str, "write the report as one page to this file"),
    ("level", str, "only scenarios of this level and above: MUST, SHOULD, OBSERVED, MAY"),
    ("model", str, "the model or deployment that scenarios name"),
    ("run-expiry", int, "after how many seconds the target lets a run expire"),
    ("clock-url", str, 'where the target\'s clock is wound: POST {"advance_seconds": N}'),
    ("failing-model", str, "a model whose runs fail"),
    ("request-timeout", float, "seconds to wait for one answer"),
    ("effort", str, "how much is searched: quick, thorough, live"),
    ("seed", str, "what chance begins with; the same seed asks the same"),
    ("record", str, "keep the traffic of every scenario in this folder, or in this archive (.zip)"),
    ("replay", str, "take the answers from this folder or archive: no key, no network"),
    ("max-age", int, "in a replay: name cassettes that are older, in days"),
    ("ledger", str, "where is written what the run makes at the target, so that it can be deleted"),
    ("run-timeout", float, "seconds to wait for one run"),
)


class ScenarioFailed(Exception):
    """A scenario that did not hold; its text is the whole report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("assistants-conformance", "conformance with the Assistants API")
    for name, kind, told in _OPTIONS:
        group.addoption(f"--assistants-{name}", type=kind, default=None, help=told)
    group.addoption(
        "--assistants-fault", action="append", default=None, metavar="NAME", help="break the server in this process"
    )
    group.addoption(
        "--assistants-hide-host", action="store_true", default=False, help="in a recording: do not name the host"
    )
    group.addoption(
        "--assistants-dry-run", action="store_true", default=False, help="send nothing: print what would be sent"
    )
    # Set by the command line, which has asked the target itself already and has shown the settings.
    group.addoption("--assistants-reached", action="store_true", default=False, help="do not ask the target first")


def session_of(config: pytest.Config) -> Session | None:
    """Return what a session of the suites knows, None where there is none."""
    return config.stash.get(_SESSION, None)


def _begin(config: pytest.Config) -> Session:
    found = session_of(config)
    if found is None:
        from assistants_conformance.plugin.session import Session, Stopped  # noqa: PLC0415

        try:
            found = Session(config, worker=_is_worker(config))
        except Stopped as stopped:
            pytest.exit(str(stopped), returncode=2)
        config.stash[_SESSION] = found
    return found


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _asked(config: pytest.Config) -> bool:
    """Say whether a session is about conformance before anything was collected."""
    if any(value for name, value in vars(config.option).items() if name.startswith(_PREFIX)):
        return True
    from assistants_conformance._data import folder  # noqa: PLC0415

    try:
        suites = folder("suites")
    except FileNotFoundError:
        return False
    here = config.invocation_params.dir
    for argument in config.args:
        named = argument.partition("::")[0]
        if named.startswith("assistants_conformance.suites"):
            return True
        path = (here / named).resolve()
        if path == suites or suites in path.parents:
            return True
    return False


def _binding(item: pytest.Item) -> Binding | None:
    # A scenario cannot be there unless this module was imported by it.
    module = sys.modules.get("assistants_conformance.scenario.binding")
    found: Binding | None = module.binding_of(getattr(item, "function", None)) if module else None
    return found


def pytest_sessionstart(session: pytest.Session) -> None:
    """Resolve the settings and ask a live target whether it is there."""
    if not _is_worker(session.config) and _asked(session.config):
        _begin(session.config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the settings, secrets hidden."""
    found = session_of(config)
    return [] if found is None or config.getoption("assistants_reached") else found.header()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, Any, Any]:
    """Leave out what the profile does not ask for, and note what somebody else has left out."""
    bound = {item.nodeid: binding for item in items if (binding := _binding(item)) is not None}
    if not bound:
        return (yield)
    found = _begin(config)
    wanted = {name for name, binding in bound.items() if found.wants(binding)}
    given = list(items)
    result = yield
    left = [item for item in items if item.nodeid in bound and item.nodeid not in wanted]
    if left:
        items[:] = [item for item in items if item.nodeid not in bound or item.nodeid in wanted]
        config.hook.pytest_deselected(items=left)
    if found.waits_aside:
        # They are begun first, and asked for what came of it last.
        items.sort(key=lambda item: item.nodeid in bound and bound[item.nodeid].waits)
        for item in items:
            if item.nodeid in bound and bound[item.nodeid].waits:
                item.add_marker(pytest.mark.timeout(found.longest_wait))
    selected = [item for item in items if item.nodeid in bound]
    found.collected([item.path for item in given if item.nodeid in bound], wanted, [one.nodeid for one in selected])
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Begin what waits for a real clock, and the rest ahead of its turn."""
    config = session.config
    found = session_of(config)
    # With xdist the controller runs nothing itself.
    if (
        found is None
        or not found.waits_aside
        or config.option.collectonly
        or config.pluginmanager.hasplugin("dsession")
    ):
        return
    from assistants_conformance.plugin.background import Waiting  # noqa: PLC0415

    found.begin_waiting(
        [
            Waiting(found.name_of(item), item.obj, binding, _arguments(item))
            for item in session.items
            if isinstance(item, pytest.Function) and (binding := _binding(item)) is not None and _plain(item)
        ]
    )


def _arguments(item: pytest.Function) -> dict[str, Any]:
    """Return what a parametrized scenario is given, without asking any fixture for it."""
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _plain(item: pytest.Function) -> bool:
    """Say whether a scenario is given nothing that only pytest can make."""
    return {"api", "verify", *_arguments(item)}.issuperset(item._fixtureinfo.argnames)


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Api:
    """The target, as scenarios drive it."""
    return _begin(request.config).api


@pytest.fixture
def verify(request: pytest.FixtureRequest) -> Any:
    """Checks bound to requirements; a scenario is given its own."""
    from assistants_conformance.scenario import Verify  # noqa: PLC0415

    return Verify(_begin(request.config).settings.profile)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Conduct a scenario; every other test goes its usual way."""
    binding = _binding(pyfuncitem)
    if binding is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    arguments.pop("api", None)
    arguments.pop("verify", None)
    found = _begin(pyfuncitem.config)
    kind, told = found.carry_out(pyfuncitem.obj, binding, found.name_of(pyfuncitem), arguments)
    pyfuncitem.user_properties.append((_PROPERTY, kind))
    if kind == "not-applicable":
        pytest.skip(told)
    if kind in ("failed", "not-testable", "error"):
        raise ScenarioFailed(told)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a scenario's own words stand where a traceback would; note where a scenario could not even begin."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, ScenarioFailed):
        report.longrepr = str(call.excinfo.value)
    elif report.failed and (binding := _binding(item)) is not None:
        # The suite failed, not the scenario: nobody may take the row for passed, nor search for the reason.
        _begin(item.config).broke(binding, f"{report.when} of {item.name}: {call.excinfo and call.excinfo.exconly()}")
    return report


def _kind(report: pytest.TestReport) -> str | None:
    return next((str(value) for name, value in report.user_properties if name == _PROPERTY), None)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
    """Show the outcomes that pytest has no letter for."""
    if report.when != "call":
        return None
    kind = _kind(report)
    if kind == "warned":
        return "warned", "w", ("WARNED", {"yellow": True})
    if kind == "known":
        return "known deviation", "k", ("KNOWN", {"cyan": True})
    if kind == "not-applicable":
        return "not applicable", "n", ("N/A", {"yellow": True})
    if kind == "not-testable":
        return "failed", "T", ("NOT TESTABLE", {"red": True})
    if kind == "error":
        return "failed", "E", ("ERROR", {"red": True})
    return None


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note failures of tests that are no scenarios: they keep the session red whatever the verdict."""
    if report.failed and _kind(report) is None:
        _Others.failed += 1


class _Others:
    failed = 0


def pytest_configure() -> None:
    """Begin to count anew; one process may hold several sessions."""
    _Others.failed = 0


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Note that a worker of xdist was started."""
    found = session_of(node.config)
    if found is not None:
        found.workers += 1
        node.workerinput[_PROPERTY] = found.for_worker()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a worker of xdist has found out."""
    output = getattr(node, "workeroutput", {}).get(_PROPERTY)
    if output is not None:
        _begin(node.config).take(output)
    elif error and (found := session_of(node.config)) is not None:
        found.broken = True


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Decide the verdicts, write the result and set the exit status; a worker hands over what it has."""
    found = session_of(session.config)
    if found is None:
        return
    found.end_waiting(stopped=bool(session.shouldstop or session.shouldfail) or int(exitstatus) not in (0, 1))
    if _is_worker(session.config):
        session.config.workeroutput[_PROPERTY] = found.give()  # type: ignore[attr-defined]
        found.close()
        return
    session.exitstatus = found.finish(int(exitstatus), others_failed=_Others.failed > 0)
    found.close()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the report."""
    found = session_of(config)
    if found is None or _is_worker(config):
        return
    for block in found.report(colour=bool(terminalreporter.hasmarkup)):
        terminalreporter.write_line(block)
