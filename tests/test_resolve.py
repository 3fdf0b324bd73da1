"""Settings: where each comes from, and what is said of a bad one."""

from __future__ import annotations

import pytest

from assistants_conformance.target.resolve import Options, resolve
from assistants_conformance.target.table import ConfigError

A1, A2, O2 = "azure-2024-02-15-preview", "azure-2024-05-01-preview", "openai-v2"
AZURE = {"AZURE_OPENAI_ENDPOINT": "https://one.example.org", "AZURE_OPENAI_API_KEY": "azure-secret"}


def settled(tmp_path, options=None, environ=None, text=None):
    if text is not None:
        (tmp_path / "conformance.toml").write_text(text, "utf-8")
    return resolve(options or Options(), environ or {}, tmp_path)


def test_default_is_the_reference_server(tmp_path):
    made = settled(tmp_path)
    assert made.settings.embedded
    assert made.settings.profile.id == A2
    assert made.header()[0] == "target: embedded reference server  (default)"


def test_key_alone_selects_no_target(tmp_path):
    environ = {"OPENAI_API_KEY": "sk-real", "AZURE_OPENAI_API_KEY": "real", "OPENAI_API_VERSION": "2023-01-01"}
    made = settled(tmp_path, environ=environ)
    assert made.settings.embedded
    assert (made.settings.api_key, made.settings.bearer_token, made.secrets) == ("", "", ())


def test_option_goes_before_environment_before_file(tmp_path):
    text = '[target]\nurl = "http://file.example.org"\nmodel = "from-file"\n'
    made = settled(tmp_path, text=text)
    assert (made.settings.url, made.origins["url"]) == ("http://file.example.org", "conformance.toml")
    assert made.settings.model == "from-file"
    made = settled(tmp_path, environ=AZURE)
    assert (made.settings.url, made.origins["url"]) == ("https://one.example.org", "AZURE_OPENAI_ENDPOINT")
    made = settled(tmp_path, Options(url="http://option.example.org", model="from-option"), AZURE)
    assert (made.settings.url, made.origins["url"]) == ("http://option.example.org", "option")
    assert made.settings.model == "from-option"
    assert settled(tmp_path, Options(url="reference"), AZURE).settings.embedded


@pytest.mark.parametrize(("profile", "url"), [(A2, None), (O2, "http://two.example.org/v1")])
def test_address_of_the_environment_must_fit_the_platform(tmp_path, profile, url):
    environ = {"OPENAI_BASE_URL": "http://two.example.org/v1"}
    assert settled(tmp_path, Options(profile=profile), environ).settings.url == url


def test_credentials_are_those_of_the_platform_and_hidden(tmp_path):
    environ = {**AZURE, "AZURE_OPENAI_AD_TOKEN": "entra-secret", "OPENAI_API_KEY": "sk-secret"}
    made = settled(tmp_path, environ=environ)
    assert (made.settings.api_key, made.settings.bearer_token) == ("azure-secret", "entra-secret")
    assert set(made.secrets) == {"azure-secret", "entra-secret"}
    assert "secret" not in " ".join(made.header())
    made = settled(tmp_path, Options(profile=O2, url="http://user:hunter22@two.example.org"), environ)
    assert made.settings.api_key == "sk-secret"
    assert "hunter22" in made.secrets
    assert "hunter22" not in " ".join(made.header())


def test_header_with_a_secret_is_hidden(tmp_path):
    made = settled(tmp_path, text='[target.headers]\nX-Gateway-Key = "gateway-secret"\nX-Team = "blue"\n')
    assert made.settings.headers == {"X-Gateway-Key": "gateway-secret", "X-Team": "blue"}
    assert "headers: X-Gateway-Key: ***, X-Team: blue" in made.header()
    assert made.secrets == ("gateway-secret",)


def test_version_of_the_environment_selects_a_profile_only_where_none_was_named(tmp_path):
    environ = {**AZURE, "OPENAI_API_VERSION": "2024-02-15-preview"}
    assert settled(tmp_path, environ=environ).settings.profile.id == A1
    made = settled(tmp_path, Options(profile=A2), environ)
    assert (made.settings.profile.id, made.settings.api_version) == (A2, "")
    assert "OPENAI_API_VERSION=2024-02-15-preview is passed over" in made.header()[-1]


def test_everything_that_a_file_may_say(tmp_path):
    text = f"""
[target]
url = "http://127.0.0.1:8080"
profile = "{O2}"
model = "my-deployment"
run_expiry_seconds = 30
clock_url = "http://127.0.0.1:8080/clock"
failing_model = "broken"
request_timeout = 2
[capabilities]
file_search = false
[budget]
requests = 5000
runs = 300
minutes = 20
[[known]]
requirement = "LOCK-002"
reason = "the clone queues the second run"
link = "https://example.org/issue/12"
expires = 2027-01-31
[[known]]
requirement = "LOCK-001"
reason = "so it is"
expires = "2027-02-01"
"""
    settings = settled(tmp_path, text=text).settings
    assert (settings.profile.id, settings.model, settings.run_expiry_seconds) == (O2, "my-deployment", 30)
    assert (settings.clock_url, settings.failing_model) == ("http://127.0.0.1:8080/clock", "broken")
    assert (settings.request_timeout, settings.run_timeout) == (2.0, 60.0)
    assert settings.capabilities == {"file_search": False}
    assert (settings.budget_requests, settings.budget_runs, settings.budget_minutes) == (5000, 300, 20.0)
    assert [(one.requirement, one.expires) for one in settings.known] == [
        ("LOCK-002", "2027-01-31"),
        ("LOCK-001", "2027-02-01"),
    ]


BAD_FILES = {
    "unknown table": ("[targets]\n", "conformance.toml: targets: unknown key; did you mean 'target'?"),
    "unknown key": ('[target]\nmodle = "x"\n', "conformance.toml: [target] modle: unknown key; did you mean 'model'?"),
    "wrong type": ("[target]\nmodel = 5\n", "conformance.toml: [target] model: must be a text in quotes, is 5"),
    "truth for number": (
        "[target]\nrun_expiry_seconds = true\n",
        "conformance.toml: [target] run_expiry_seconds: must be a whole number from 1 on, is true",
    ),
    "no number": ("[budget]\nminutes = -1\n", "conformance.toml: [budget] minutes: must be a number from 0 on, is -1"),
    "no table": ("target = 5\n", "conformance.toml: target: must be a table, is 5: write [target]"),
    "no list": ('[known]\nrequirement = "X"\n', "conformance.toml: known: must be a list of tables: write [[known]]"),
    "unknown capability": (
        "[capabilities]\nfile_serch = true\n",
        "conformance.toml: [capabilities] file_serch: unknown key; did you mean 'file_search'?",
    ),
    "capability in words": (
        '[capabilities]\nfile_search = "yes"\n',
        "conformance.toml: [capabilities] file_search: must be true or false, is the text 'yes'",
    ),
    "unknown profile": (
        '[target]\nprofile = "openai-v3"\n',
        "conformance.toml: [target] profile: there is no profile 'openai-v3'; did you mean 'openai-v2'?",
    ),
    "profile for recordings": (
        '[target]\nprofile = "foundry-v1"\n',
        "conformance.toml: [target] profile: by foundry-v1 only recordings can be judged",
    ),
    "unknown requirement": (
        '[[known]]\nrequirement = "LOCK-099"\nreason = "x"\n',
        "conformance.toml: [known 1] requirement: there is no requirement 'LOCK-099'; did you mean 'LOCK-009'?",
    ),
    "no reason": (
        '[[known]]\nrequirement = "LOCK-001"\n',
        "conformance.toml: [known 1] reason: is missing: every entry needs it",
    ),
    "twice": (
        '[[known]]\nrequirement = "LOCK-001"\nreason = "x"\n' * 2,
        "conformance.toml: [known 2] requirement: LOCK-001 is declared twice: take one of them out",
    ),
    "no day": (
        '[[known]]\nrequirement = "LOCK-001"\nreason = "x"\nexpires = "soon"\n',
        "conformance.toml: [known 1] expires: soon is no day: write it like 2027-01-31",
    ),
    "day with an hour": (
        '[[known]]\nrequirement = "LOCK-001"\nreason = "x"\nexpires = 2027-01-31T10:00:00\n',
        "conformance.toml: [known 1] expires: 2027-01-31 10:00:00 is no day",
    ),
    "key in the file": (
        '[target]\napi_key = "sk-secret"\n',
        "conformance.toml: [target] api_key: keys are read from the environment only",
    ),
    "no address": (
        '[target]\nurl = "localhost:8080"\n',
        "conformance.toml: [target] url: 'localhost:8080' is no address",
    ),
    "no TOML": ("[target\n", "conformance.toml: not TOML: "),
}


@pytest.mark.parametrize("text", [one for one, _ in BAD_FILES.values()], ids=list(BAD_FILES))
def test_bad_file_is_named_with_place_and_mend(tmp_path, text):
    expected = next(told for one, told in BAD_FILES.values() if one == text)
    with pytest.raises(ConfigError) as caught:
        settled(tmp_path, text=text)
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        (Options(profile="azure"), {}, "--profile: there is no profile 'azure'"),
        (Options(url="ftp://example.org"), {}, "--url: 'ftp://example.org' is no address"),
        (Options(), {"AZURE_OPENAI_ENDPOINT": "example.org"}, "AZURE_OPENAI_ENDPOINT: 'example.org' is no address"),
        (Options(faults=("x",)), AZURE, "--fault: only the embedded reference server can be broken; the target is"),
        (Options(run_expiry=0), {}, "--run-expiry: must be a whole number of seconds from 1 on"),
        (Options(run_timeout=-1.0), {}, "--run-timeout: must be a number of seconds above 0"),
        (Options(), {**AZURE, "AZURE_OPENAI_API_KEY": "clé"}, "AZURE_OPENAI_API_KEY: holds characters that no HTTP"),
    ],
)
def test_bad_option_is_named(tmp_path, options, environ, expected):
    with pytest.raises(ConfigError) as caught:
        settled(tmp_path, options, environ)
    assert str(caught.value).startswith(expected)


def test_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match=r"other\.toml: there is no such file"):
        settled(tmp_path, Options(config=tmp_path / "other.toml"))


def test_key_of_another_account_comes_from_the_variable_that_the_file_names(tmp_path):
    text = '[target]\nother_key_env = "OTHER_KEY"\n'
    made = settled(tmp_path, environ={**AZURE, "OTHER_KEY": "other-secret"}, text=text)
    assert made.settings.other_key == "other-secret"
    assert "other-secret" in made.secrets
    assert "secret" not in " ".join(made.header())
    made = settled(tmp_path, environ=AZURE, text=text)
    assert made.settings.other_key == ""
    assert any("OTHER_KEY, which is not set" in note for note in made.notes)
    # The embedded server has keys of its own.
    assert settled(tmp_path, environ={"OTHER_KEY": "other-secret"}, text=text).settings.other_key == ""
    with pytest.raises(ConfigError, match="OTHER_KEY: holds characters"):
        settled(tmp_path, environ={**AZURE, "OTHER_KEY": "schlüssel"}, text=text)
