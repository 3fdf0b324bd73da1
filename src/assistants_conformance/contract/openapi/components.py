"""The schemas of a document: each file of `schemas/` that is needed becomes one component, referred to by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance._data import folder
from assistants_conformance.contract.documents import assembled, patched

if TYPE_CHECKING:
    from assistants_conformance.contract.profile import Profile

Json = dict[str, Any]

#: What makes the names of components differ where two families have a file of the same name.
_SUFFIXES = {"objects": "", "requests": "Request", "events": "Event"}
#: What may stand beside a reference without narrowing it.
_ANNOTATIONS = frozenset({"$ref", "$comment", "title", "description", "default", "x-requirement"})


class Components:
    """Collects the schemas that a document refers to.

    Args:
        profile: whose patches and decisions count.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.schemas: dict[str, Json] = {}

    def reference(self, family: str, name: str) -> Json | None:
        """Return a reference to `schemas/<family>/<shape>/<name>.json`, None where the profile's shape has none."""
        profile = self._profile
        if not (folder("schemas") / family / profile.shape / f"{name}.json").is_file():
            return None
        component = f"{pascal(name)}{_SUFFIXES[family]}"
        if component not in self.schemas:
            self.schemas[component] = {}
            document = patched(family, profile.shape, name, profile.patches)
            source = {"x-source": f"schemas/{family}/{profile.shape}/{name}.json"}
            # An identifier of its own would make references look for their targets inside this schema.
            kept = {key: value for key, value in document.items() if key not in ("$id", "$schema")}
            self.schemas[component] = {**self._own(family, kept), **source}
        return {"$ref": f"#/components/schemas/{component}"}

    def listed(self, kinds: tuple[str, ...], envelope: str) -> Json:
        """Return a reference to the envelope of a list whose entries are of one of the kinds."""
        component = f"{'Or'.join(map(pascal, kinds))}List"
        entries = [found for kind in kinds if (found := self.reference("objects", kind)) is not None]
        base = self.reference("objects", envelope)
        items: Json = entries[0] if len(entries) == 1 else {"anyOf": entries} if entries else {"type": "object"}
        self.schemas[component] = {"allOf": [base, {"properties": {"data": {"items": items}}}]}
        return {"$ref": f"#/components/schemas/{component}"}

    def ruled(self, node: Json) -> Json:
        """Return a node with the level of the requirement that it names, and whether the profile judges it."""
        identifier = node.get("x-requirement")
        if not isinstance(identifier, str):
            return node
        told: Json = {**node, "x-level": self._profile.requirement(identifier).level}
        return told if identifier in self._profile.active else {**told, "x-judged": False}

    def _own(self, family: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._own(family, item) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if not isinstance(reference, str) or not reference.endswith(".json"):
            return self.ruled({key: self._own(family, item) for key, item in value.items()})
        name = reference.removesuffix(".json")
        beside = {key: self._own(family, item) for key, item in value.items() if key != "$ref"}
        if value.keys() <= _ANNOTATIONS:
            return self.ruled({**(self.reference(family, name) or {}), **beside})
        # What stands beside the reference takes the place of what it leads to, which no reference can say.
        here = assembled(family, self._profile.shape, name, self._profile.patches)
        kept = {key: item for key, item in here.items() if key not in ("$id", "$schema")}
        return self.ruled({**self._own(family, kept), **beside})


def pascal(name: str) -> str:
    """Return a name in the form that components have: `run_step` is `RunStep`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
