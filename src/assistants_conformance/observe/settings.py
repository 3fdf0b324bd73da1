"""Which fields are set in which state: one check for every kind of object that has a lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.contract import Lifecycle
    from assistants_conformance.observe.report import Report


def check_settings(report: Report, cycle: Lifecycle, item: dict[str, Any], *, apart_from: str = "") -> None:
    """Check the fields of an object against its `status`, apart from one; an absent key equals null (C-07)."""
    status = item["status"]
    for setting in cycle.settings:
        if setting.field == apart_from or (setting.where_present and setting.field not in item):
            continue
        value = item.get(setting.field)
        if status in setting.required_in:
            report.check(
                setting.requirement,
                value is not None,
                f"{setting.field} is null in {status}",
                f"{setting.field} is set",
            )
        elif status in setting.forbidden_in:
            report.check(
                setting.requirement,
                value is None,
                f"{setting.field} is {value!r} in {status}",
                f"{setting.field} is null",
            )
