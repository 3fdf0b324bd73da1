"""Settings of a target: from options, environment, file and defaults, in this order."""

from __future__ import annotations

import ssl
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistants_conformance.contract import (
    DEFAULT_EFFORT,
    DEFAULT_PROFILE,
    LIVE_EFFORT,
    Effort,
    Profile,
    catalogue,
    efforts,
    load_profile,
    profile_ids,
)
from assistants_conformance.target.chance import Chance
from assistants_conformance.target.settings import CAPABILITIES, Known, TargetSettings
from assistants_conformance.target.table import ConfigError, Table, near
from assistants_conformance.target.tokens import TokenSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONFIG_FILE = "conformance.toml"

#: What selects the embedded reference server where a file or the environment names an address.
REFERENCE = "reference"

_TOKEN = "AZURE_OPENAI_AD_TOKEN"  # noqa: S105 - the name of a variable
#: What the HTTP client reads by itself.
_WAYS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
         "http_proxy", "https_proxy", "all_proxy", "no_proxy")  # fmt: skip
_SECRETIVE = ("key", "token", "secret", "cookie", "password", "auth")


@dataclass(frozen=True)
class Options:
    """What was asked for on a command line; None: nothing was. Times are in seconds."""

    url: str | None = None
    profile: str | None = None
    config: Path | None = None
    model: str | None = None
    run_expiry: int | None = None
    clock_url: str | None = None
    failing_model: str | None = None
    request_timeout: float | None = None
    run_timeout: float | None = None
    effort: str | None = None
    seed: str | None = None
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class Resolved:
    """The settings, where each came from, and what a reader should be told about them."""

    settings: TargetSettings
    origins: Mapping[str, str]
    notes: tuple[str, ...] = ()
    #: What of the environment decides how the target is reached, by name.
    ways: tuple[tuple[str, str], ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must be shown to nobody, longest first."""
        settings = self.settings
        found = {settings.api_key, settings.bearer_token, settings.other_key} if not settings.embedded else set()
        found |= {value for name, value in settings.headers.items() if _is_secret(name)}
        addresses = (settings.url or "", settings.proxy, *(value for _, value in self.ways))
        found.update(_password(one) for one in addresses)
        found |= settings.tokens.given if settings.tokens is not None else set()
        return tuple(sorted((one for one in found if len(one) >= 4), key=len, reverse=True))

    def header(self) -> list[str]:
        """Return the settings in lines, secrets hidden."""
        settings = self.settings
        place = "embedded reference server" if settings.url is None else _without_password(settings.url)
        lines = [
            f"target: {place}  ({self.origins['url']})",
            f"profile: {settings.profile.id}  ({self.origins['profile']})",
        ]
        if settings.url is not None:
            lines.append(f"credentials: {self.origins['credentials']}")
            lines += [f"{name}: {_without_password(value)}" for name, value in self.ways]
        told = {
            "model": settings.model,
            "run_expiry_seconds": settings.run_expiry_seconds,
            "clock_url": settings.clock_url,
            "failing_model": settings.failing_model,
            "mcp_server_url": settings.mcp_server_url,
            "bing_connection": settings.bing_connection,
            "api_version": settings.api_version,
            "request_timeout": settings.request_timeout,
            "run_timeout": settings.run_timeout,
            "proxy": _without_password(settings.proxy),
            "ca_bundle": settings.ca_bundle,
            "base_path": settings.base_path,
        }
        lines.append(f"effort: {settings.effort.name}  ({self.origins['effort']}), seed {settings.seed}")
        lines += [f"{name}: {told[name]}  ({origin})" for name, origin in self.origins.items() if name in told]
        if settings.headers:
            named = [f"{name}: {'***' if _is_secret(name) else value}" for name, value in settings.headers.items()]
            lines.append("headers: " + ", ".join(named))
        if settings.capabilities:
            declared = [f"{name} = {str(value).lower()}" for name, value in settings.capabilities.items()]
            lines.append("capabilities declared: " + ", ".join(declared))
        if settings.url is not None:
            probed = [name for name in CAPABILITIES if name not in settings.capabilities]
            lines.append("capabilities probed once they are needed: " + (", ".join(probed) or "none"))
        limits = {
            "requests": settings.budget_requests,
            "runs": settings.budget_runs,
            "tokens": settings.budget_tokens,
            "minutes": settings.budget_minutes,
        }
        if any(limits.values()):
            lines.append("budget: " + ", ".join(f"{most:g} {name}" for name, most in limits.items() if most))
        if settings.known:
            lines.append("known deviations: " + ", ".join(one.requirement for one in settings.known))
        if settings.faults:
            lines.append("faults: " + ", ".join(settings.faults))
        return [*lines, *(f"note: {note}" for note in self.notes)]


def resolve(options: Options, environ: Mapping[str, str], folder: Path | None = None) -> Resolved:
    """Resolve every setting once.

    A key in the environment selects nothing: only an address does.

    Args:
        options: the command line.
        environ: the environment.
        folder: where `conformance.toml` is looked for; None: the current folder.

    Raises:
        ConfigError: something is unknown, of the wrong type or contradictory; the message names place and mend.
    """
    place = folder or Path()
    beside = options.config.parent if options.config is not None else place
    return _Resolver(options, environ, _read(options.config, place), beside).resolve()


def _read(config: Path | None, folder: Path) -> Table:
    file = config or folder / CONFIG_FILE
    if not file.is_file():
        if config is not None:
            raise ConfigError(str(config), "there is no such file")
        return Table({}, CONFIG_FILE)
    name = str(config) if config is not None else CONFIG_FILE
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(name, f"not TOML: {error}") from error
    except OSError as error:
        raise ConfigError(name, f"cannot be read: {error.strerror}") from error
    return Table(document, name)


@dataclass
class _Resolver:
    options: Options
    environ: Mapping[str, str]
    file: Table
    folder: Path = Path()
    origins: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def resolve(self) -> Resolved:
        """Put everything together."""
        self.file.only("target", "capabilities", "budget", "known")
        target, budget = self.file.table("target"), self.file.table("budget")
        for name in ("api_key", "key", "token", "bearer_token"):
            target.forbid(name, "keys are read from the environment only: AZURE_OPENAI_API_KEY or OPENAI_API_KEY")
        target.only(
            "url", "profile", "model", "run_expiry_seconds", "clock_url", "failing_model",
            "api_version", "effort", "other_key_env", "request_timeout", "run_timeout", "page_limit", "headers",
            "mcp_server_url", "bing_connection", "proxy", "ca_bundle", "base_path", "token_command",
        )  # fmt: skip
        budget.only("requests", "runs", "tokens", "minutes")
        profile = self._profile(target)
        url = self._url(target, profile)
        profile, api_version = self._version(target, profile, url)
        api_key, bearer_token, tokens = self._credentials(profile, url, target)
        other_key = self._other_key(target, url)
        options = self.options
        if options.faults and url is not None:
            raise ConfigError(
                "--fault",
                f"only the embedded reference server can be broken; the target is {url} ({self.origins['url']})",
            )
        expiry = target.integer("run_expiry_seconds", least=1)
        if options.run_expiry is not None and options.run_expiry < 1:
            raise ConfigError("--run-expiry", "must be a whole number of seconds from 1 on")
        headers = target.table("headers")
        settings = TargetSettings(
            profile=profile,
            url=url,
            api_key=api_key,
            bearer_token=bearer_token,
            other_key=other_key,
            api_version=api_version,
            model=self._first("model", options.model, target.text("model")) or "gpt-4o",
            run_expiry_seconds=self._first("run_expiry_seconds", options.run_expiry, expiry),
            clock_url=self._address("clock_url", "--clock-url", options.clock_url, target) or "",
            failing_model=self._first("failing_model", options.failing_model, target.text("failing_model")) or "",
            mcp_server_url=self._address("mcp_server_url", "", None, target) or "",
            bing_connection=self._first("bing_connection", None, target.text("bing_connection")) or "",
            capabilities=self._capabilities(),
            proxy=self._proxy(target) or "",
            ca_bundle=self._bundle(target),
            base_path=self._base_path(target),
            tokens=tokens,
            headers=MappingProxyType({name: headers.text(name) or "" for name in headers.names()}),
            request_timeout=self._seconds("request_timeout", options.request_timeout, target, 30.0),
            run_timeout=self._seconds("run_timeout", options.run_timeout, target, 60.0),
            page_limit=target.integer("page_limit", least=1) or 200,
            budget_requests=budget.integer("requests", least=0) or 0,
            budget_runs=budget.integer("runs", least=0) or 0,
            budget_tokens=budget.integer("tokens", least=0) or 0,
            budget_minutes=budget.number("minutes", least=0) or 0.0,
            known=self._known(),
            faults=tuple(options.faults),
            effort=self._effort(target, DEFAULT_EFFORT if url is None else LIVE_EFFORT),
            seed=options.seed or Chance().seed,
        )
        ways = tuple((name, self.environ[name]) for name in _WAYS if self.environ.get(name) and url is not None)
        return Resolved(settings, MappingProxyType(self.origins), tuple(self.notes), ways)

    def _first(self, name: str, option: Any, filed: Any) -> Any:
        if option is not None:
            self.origins[name] = "option"
            return option
        if filed not in (None, ""):
            self.origins[name] = self.file.name
        return filed

    def _effort(self, target: Table, default: str) -> Effort:
        self.origins["effort"] = "default"
        asked = self._first("effort", self.options.effort, target.text("effort")) or default
        if asked not in efforts():
            place = "--effort" if self.options.effort else target.at("effort")
            raise ConfigError(
                place, f"there is no effort {asked!r}{near(asked, efforts())}; there are: {', '.join(efforts())}"
            )
        return efforts()[asked]

    def _seconds(self, name: str, option: float | None, target: Table, default: float) -> float:
        filed = target.number(name, least=0.01)
        if option is not None and not option > 0:
            raise ConfigError(f"--{name.replace('_', '-')}", "must be a number of seconds above 0")
        return float(self._first(name, option, filed) or default)

    # -- what is judged ----------------------------------------------------------------------------------------------

    def _profile(self, target: Table) -> Profile:
        filed = target.text("profile")
        asked = self._first("profile", self.options.profile, filed)
        if not asked:
            self.origins["profile"] = "default"
            return load_profile(DEFAULT_PROFILE)
        place = "--profile" if self.options.profile is not None else target.at("profile")
        return named_profile(str(asked), place)

    def _url(self, target: Table, profile: Profile) -> str | None:
        filed = self._address("url", "--url", self.options.url, target, special=REFERENCE)
        if "url" in self.origins and self.origins["url"] == "option":
            return None if filed == REFERENCE else filed
        name = "OPENAI_BASE_URL" if profile.platform == "openai" else "AZURE_OPENAI_ENDPOINT"
        there = self.environ.get(name, "").strip()
        if there:
            self.origins["url"] = name
            return _checked(there, name)
        if filed:
            return None if filed == REFERENCE else filed
        self.origins["url"] = "default"
        return None

    def _address(self, name: str, flag: str, option: str | None, target: Table, special: str = "") -> str | None:
        filed = target.text(name)
        asked: str | None = self._first(name, option or None, filed)
        if asked and asked != special:
            return _checked(asked, flag if option else target.at(name))
        return asked

    def _version(self, target: Table, profile: Profile, url: str | None) -> tuple[Profile, str]:
        filed = target.text("api_version")
        if profile.platform == "openai":
            return profile, ""
        if filed:
            self.origins["api_version"] = self.file.name
        asked = self.environ.get("OPENAI_API_VERSION", "").strip()
        if url is None or not asked:
            return profile, filed or ""
        if asked in profile.api_versions:
            self.origins["api_version"] = "OPENAI_API_VERSION"
            return profile, asked
        if self.origins["profile"] == "default":
            for identifier in profile_ids():
                other = load_profile(identifier)
                if other.platform == profile.platform and asked in other.api_versions:
                    self.origins["profile"] = self.origins["api_version"] = "OPENAI_API_VERSION"
                    return other, asked
        self.notes.append(
            f"OPENAI_API_VERSION={asked} is passed over: it is no version of the profile {profile.id}"
            f" ({', '.join(profile.api_versions)})"
        )
        return profile, filed or ""

    def _credentials(self, profile: Profile, url: str | None, target: Table) -> tuple[str, str, TokenSource | None]:
        command = target.text("token_command")
        if url is None:
            return "", "", None
        names = {"openai": ("OPENAI_API_KEY",), "foundry": (_TOKEN,)}.get(
            profile.platform, ("AZURE_OPENAI_API_KEY", _TOKEN)
        )
        given = {name: self.environ.get(name, "").strip() for name in names}
        for name, value in given.items():
            _sendable(name, value)
        there = " and ".join(name for name, value in given.items() if value)
        self.origins["credentials"] = f"{there} (hidden)" if there else f"none: {' and '.join(names)} not set"
        key = next((value for name, value in given.items() if name != _TOKEN), "")
        token = given.get(_TOKEN, "")
        if not command or token:
            if command:
                self.notes.append(f"token_command is passed over: {_TOKEN} is set")
            return key, token, None
        if profile.platform == "openai" and key:
            self.notes.append("token_command is passed over: OPENAI_API_KEY is set")
            return key, "", None
        source = TokenSource(command, target.at("token_command"))
        self.origins["credentials"] = (f"{there} and " if there else "") + "token_command (hidden)"
        return key, source.current(), source

    # -- the way to it -----------------------------------------------------------------------------------------------

    def _proxy(self, target: Table) -> str | None:
        proxy = target.text("proxy")
        if not proxy:
            return None
        self.origins["proxy"] = self.file.name
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
            raise ConfigError(
                target.at("proxy"), f"{_without_password(proxy)!r} is no proxy: write it like http://127.0.0.1:3128"
            )
        return proxy

    def _bundle(self, target: Table) -> str:
        named = target.text("ca_bundle")
        if not named:
            return ""
        self.origins["ca_bundle"] = self.file.name
        # A relative path is one from the configuration file, as in every other file of its kind.
        file = self.folder / named
        try:
            ssl.create_default_context(cafile=str(file))
        except FileNotFoundError as error:
            raise ConfigError(target.at("ca_bundle"), f"there is no file {file}") from error
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                target.at("ca_bundle"), f"{file} holds no certificates in PEM form: {error.strerror or error}"
            ) from error
        return str(file)

    def _base_path(self, target: Table) -> str | None:
        path = target.text("base_path")
        if path is None:
            return None
        self.origins["base_path"] = self.file.name
        if (path and not path.startswith("/")) or not path.isprintable() or any(sign in path for sign in " ?#"):
            raise ConfigError(target.at("base_path"), f"{path!r} is no path: write it like /openai, or leave it empty")
        return path

    def _other_key(self, target: Table, url: str | None) -> str:
        name = target.text("other_key_env")
        if url is None or not name:
            return ""
        value = self.environ.get(name, "").strip()
        _sendable(name, value)
        if not value:
            self.notes.append(f"other_key_env names {name}, which is not set: no key of another account is tried")
        return value

    # -- what is known of it -----------------------------------------------------------------------------------------

    def _capabilities(self) -> Mapping[str, bool]:
        table = self.file.table("capabilities")
        table.only(*CAPABILITIES)
        return MappingProxyType({name: table.truth(name) for name in table.names()})

    def _known(self) -> tuple[Known, ...]:
        made: list[Known] = []
        for row in self.file.tables("known"):
            row.only("requirement", "reason", "link", "expires")
            identifier, reason = row.needed("requirement"), row.needed("reason")
            if identifier not in catalogue():
                raise ConfigError(
                    row.at("requirement"), f"there is no requirement {identifier!r}{near(identifier, catalogue())}"
                )
            if any(one.requirement == identifier for one in made):
                raise ConfigError(row.at("requirement"), f"{identifier} is declared twice: take one of them out")
            made.append(Known(identifier, reason, row.text("link") or "", _day(row)))
        return tuple(made)


def _sendable(name: str, value: str) -> None:
    if not value.isascii() or (value and not value.isprintable()):
        raise ConfigError(name, "holds characters that no HTTP header can carry")


def _day(row: Table) -> str:
    value = row.get("expires")
    if value in (None, ""):
        return ""
    # A date with a time is a date in Python's eyes too.
    if type(value) is date:
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else _refuse_day(row, value)
    except ValueError:
        return _refuse_day(row, value)


def _refuse_day(row: Table, value: object) -> str:
    raise ConfigError(row.at("expires"), f"{value!s} is no day: write it like 2027-01-31")


def named_profile(name: str, place: str, *, runnable: bool = True) -> Profile:
    """Load a profile that a user has named.

    Raises:
        ConfigError: there is none of that name, or only recordings can be judged by it.
    """
    there = profile_ids(runnable=runnable)
    if name in there:
        return load_profile(name)
    if name in profile_ids(runnable=False):
        raise ConfigError(place, f"by {name} only recordings can be judged; targets by: {', '.join(there)}")
    raise ConfigError(place, f"there is no profile {name!r}{near(name, there)}; there are: {', '.join(there)}")


def _checked(url: str, place: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise ConfigError(place, f"{url!r} is no address: write it like http://127.0.0.1:8080")
    return url


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def _without_password(url: str) -> str:
    password = _password(url)
    return url.replace(f":{password}@", ":***@", 1) if password else url


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRETIVE)
