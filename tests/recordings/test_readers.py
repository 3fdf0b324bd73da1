"""The readers of recordings: each form with small files made here, and all of them over real recordings."""

from __future__ import annotations

import base64
import builtins
import gzip
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from vcr.serializers import jsonserializer, yamlserializer

from assistants_conformance.observe.exchange import NotJson
from assistants_conformance.recordings import Problem, RecordingError, find_sources, read_paths
from assistants_conformance.recordings import _coding as coding

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Exchange

URL = "https://api.openai.com/v1/threads/thread_1"
THREAD = {"id": "thread_1", "object": "thread", "created_at": 1700000000, "metadata": {"city": "Zürich ☃"}}
BODY = json.dumps(THREAD, ensure_ascii=False).encode()
SHARED = Path(__file__).resolve().parents[3] / "shared" / "recordings"


def read(*paths: Path) -> tuple[list[Exchange], list[Problem]]:
    problems: list[Problem] = []
    return list(read_paths(paths, problems.append)), problems


def write(path: Path, content: bytes | str | dict[str, Any] | list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict | list):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only(path: Path) -> Exchange:
    exchanges, problems = read(path)
    assert problems == []
    (exchange,) = exchanges
    return exchange


def one_problem(path: Path, kind: str = "damaged") -> Problem:
    exchanges, problems = read(path)
    assert exchanges == []
    (problem,) = problems
    assert (problem.path, problem.kind) == (path, kind)
    return problem


def interaction(body: Any = BODY, *, url: str = URL, sent: Any = None, **headers: Any) -> dict[str, Any]:
    return {
        "request": {
            "method": "get" if sent is None else "POST",
            "uri": url,
            "body": sent,
            "headers": {"OpenAI-Beta": ["assistants=v2"], "Accept": ["a", "b"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"], "Set-Cookie": ["secret"], **headers},
            "body": body if isinstance(body, dict) else {"string": body},
        },
    }


def vcrpy(path: Path, *entries: dict[str, Any]) -> Path:
    return write(path, yamlserializer.serialize({"interactions": list(entries), "version": 1}))


def line(**more: Any) -> dict[str, Any]:
    return {
        "source": "owner/repo:tests/a.yml#3",
        "service": "openai",
        "api_version": None,
        "recorded_at": "2024-01-01T00:00:00Z",
        "session": "tests/a.yml",
        "seq": 0,
        "request": {"method": "GET", "url": URL, "headers": {"Accept": "*/*"}, "body": None},
        "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": THREAD},
        **more,
    }


def azure(response: Any = THREAD, sent: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "RequestUri": "https://x.openai.azure.com/openai/threads?api-version=2024-05-01-preview",
        "RequestMethod": "POST",
        "RequestHeaders": {"Content-Type": "application/json", "Api-Key": "Sanitized"},
        "RequestBody": sent,
        "StatusCode": 200,
        "ResponseHeaders": {"Content-Type": "application/json; charset=utf-8", "x-many": ["a", "b"]},
        "ResponseBody": response,
        **more,
    }


def har(content: dict[str, Any], **posted: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "headers": [{"name": ":authority", "value": "x"}, {"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}],
    }
    if posted:
        request["postData"] = posted
    response = {"status": 200, "headers": [{"name": "Content-Type", "value": "application/json"}], "content": content}
    return {"log": {"version": "1.2", "entries": [{"request": request, "response": response}]}}


class TestCassettes:
    def test_vcrpy_yaml(self, tmp_path: Path) -> None:
        path = vcrpy(tmp_path / "a.yaml", interaction(sent=b'{"a": 1}'), interaction(url=URL + "?x=no"))
        (first, second), problems = read(path)
        assert problems == []
        assert (first.request.method, first.request.url, first.request.json) == ("POST", URL, {"a": 1})
        assert first.request.headers == {"openai-beta": "assistants=v2", "accept": "a, b"}
        assert first.response.headers == {"content-type": "application/json"}
        assert (first.response.status, first.response.body, first.complete) == (200, BODY, True)
        assert (first.source, first.session) == (f"{path.as_posix()}#0", path.as_posix())
        assert (second.request.method, second.request.query) == ("GET", {"x": "no"})
        assert (first.started, first.ended, second.started, second.source[-2:]) == (0.0, 0.0, 1.0, "#1")

    def test_vcrpy_json(self, tmp_path: Path) -> None:
        entry = interaction(BODY.decode(), sent="{}")
        path = write(tmp_path / "a.json", jsonserializer.serialize({"interactions": [entry], "version": 1}))
        assert only(path).response.json == THREAD

    def test_scalars_stay_text(self, tmp_path: Path) -> None:
        text = yaml.safe_dump({"interactions": [interaction("1.0")]}).replace(
            "Content-Type:\n",
            "X-Version: 2020-10-01\n      X-No: no\n      X-Octal: 010\n      X-Empty:\n      Content-Type:\n",
        )
        headers = only(write(tmp_path / "a.yml", text)).response.headers
        found = [headers[name] for name in ("x-version", "x-no", "x-octal", "x-empty")]
        assert found == ["2020-10-01", "no", "010", ""]

    @pytest.mark.parametrize(
        ("coding", "packed"),
        [
            ("gzip", gzip.compress(BODY, mtime=0)),
            ("gzip", gzip.compress(BODY[:20], mtime=0) + gzip.compress(BODY[20:], mtime=0)),
            ("deflate", zlib.compress(BODY)),
            ("deflate", zlib.compress(BODY)[2:-4]),
            ("deflate, gzip", gzip.compress(zlib.compress(BODY), mtime=0)),
            ("gzip", BODY),
            ("br", BODY),
            ("identity", BODY),
        ],
    )
    def test_content_encodings(self, tmp_path: Path, coding: str, packed: bytes) -> None:
        path = vcrpy(tmp_path / "a.yaml", interaction(packed, **{"Content-Encoding": [coding]}))
        assert only(path).response.body == BODY

    @pytest.mark.parametrize(
        ("coding", "packed", "message"),
        [
            ("gzip", gzip.compress(BODY, mtime=0)[:-12], "gzip data end early"),
            ("gzip", b"\x1f\x8b\x08\x00" + b"\xff" * 40, "undecodable gzip"),
            ("gzip", b"\xff\xfe\xfd", "cannot be decoded"),
            ("zstd", b"\x28\xb5\x2f\xfd\x00", "cannot be decoded"),
        ],
    )
    def test_undecodable_body(self, tmp_path: Path, coding: str, packed: bytes, message: str) -> None:
        bad = interaction(packed, **{"Content-Encoding": [coding]})
        exchanges, (problem,) = read(vcrpy(tmp_path / "a.yaml", interaction(), bad, interaction()))
        assert [exchange.source[-1] for exchange in exchanges] == ["0", "2"]
        assert message in problem.message
        assert "response body" in problem.message
        assert "record" in problem.message
        assert problem.place.startswith("entry 1, line ")

    def test_decompression_bomb(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(coding, "MAX_DECODED", 2**20)
        entry = interaction(gzip.compress(bytes(2**21)), **{"Content-Encoding": ["gzip"]})
        assert "more than 1 MB" in one_problem(vcrpy(tmp_path / "a.yaml", entry)).message

    def test_ruby(self, tmp_path: Path) -> None:
        packed = base64.encodebytes(gzip.compress(BODY, mtime=0)).decode()
        text = f"""---
http_interactions:
- request:
    method: delete
    uri: {URL}
    body:
      encoding: US-ASCII
      string: ''
    headers:
      Openai-Beta:
      - assistants=v1
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/json
      Content-Encoding:
      - gzip
    body:
      encoding: ASCII-8BIT
      base64_string: |
        {packed.replace(chr(10), chr(10) + "        ")}
  recorded_at: Tue, 14 Nov 2023 21:48:24 GMT
- request:
    method: post
    uri: {URL}
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        {base64.b64encode(b"--B" + bytes(range(128, 140))).decode()}
    headers:
      Content-Type: multipart/form-data; boundary=B
  response:
    status:
      status_code: 200
    headers: {{content-type: application/json, content-encoding: gzip}}
    body:
      encoding: ''
      file: no
      string: '{{"object": "file"}}'
recorded_with: VCR 6.1.0
"""
        (first, second), problems = read(write(tmp_path / "a.yml", text))
        assert problems == []
        assert (first.request.method, first.request.body, first.response.body) == ("DELETE", b"", BODY)
        assert second.request.body == b"--B" + bytes(range(128, 140))
        assert (second.response.status, second.response.json) == (200, {"object": "file"})

    @pytest.mark.parametrize(
        ("encoding", "text", "kind", "body"),
        [
            ("UTF-8", "é☃", "text/plain", "é☃".encode()),
            ("ISO-8859-1", "é", "text/plain", "é".encode()),
            ("ASCII-8BIT", "\x89PNG\xff", "image/png", b"\x89PNG\xff"),
            ("ASCII-8BIT", "\xc3\xa9", "application/json", "é".encode()),
            ("ASCII-8BIT", '"é"', "application/json", '"é"'.encode()),
            ("BINARY", "☃", "application/octet-stream", "☃".encode()),
        ],
    )
    def test_ruby_encodings(self, tmp_path: Path, encoding: str, text: str, kind: str, body: bytes) -> None:
        entry = interaction({"encoding": encoding, "string": text}, **{"Content-Type": kind})
        path = write(tmp_path / "a.json", {"http_interactions": [entry]})
        assert only(path).response.body == body

    @pytest.mark.parametrize(("length", "complete"), [(len(BODY), False), (len(BODY) - 5, True), (3, True)])
    def test_cut_body(self, tmp_path: Path, length: int, complete: bool) -> None:
        path = vcrpy(tmp_path / "a.yaml", interaction(BODY[:-5], **{"Content-Length": [str(length)]}))
        assert only(path).complete is complete

    def test_shortened_body_that_is_whole(self, tmp_path: Path) -> None:
        path = vcrpy(tmp_path / "a.yaml", interaction(b"{}", **{"Content-Length": ["900"]}))
        assert only(path).complete is True

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda entry: entry.pop("response"), "the response is missing"),
            (lambda entry: entry.update(request=[1]), "the request should be a mapping and is a list"),
            (lambda entry: entry["request"].update(uri=None), "the URL is missing"),
            (lambda entry: entry["request"].update(uri="file:x"), "the URL is neither"),
            (lambda entry: entry["request"].update(uri="http://[x/"), "the URL cannot be split"),
            (lambda entry: entry["request"].update(method="G T"), "no HTTP method"),
            (lambda entry: entry["response"].update(status={"code": 900}), "no HTTP status"),
            (lambda entry: entry["response"].update(headers={"a": [["b"]]}), "'a', should be text"),
            (lambda entry: entry["response"].update(headers=3), "should be a mapping or a list"),
            (lambda entry: entry["response"].update(body=[1]), "the response body should be text"),
            (lambda entry: entry["response"].update(body={"base64_string": "%"}), "is not base64"),
            (lambda entry: entry["response"].update(body={"file": True, "string": "x"}), "a file of its own"),
        ],
    )
    def test_wrong_types(self, tmp_path: Path, change: Any, message: str) -> None:
        bad = interaction(BODY.decode())
        change(bad)
        good = interaction(BODY.decode())
        exchanges, (problem,) = read(write(tmp_path / "a.json", {"interactions": [good, bad, good]}))
        assert [exchange.source[-1] for exchange in exchanges] == ["0", "2"]
        assert (problem.kind, problem.place) == ("damaged", "entry 1")
        assert message in problem.message


class TestAzure:
    @pytest.mark.parametrize(
        ("kind", "recorded", "body"),
        [
            ("application/json", {"a": [1.0, None, "é"]}, '{"a": [1.0, null, "é"]}'.encode()),
            ("application/json", '{"a": 1}', b'{"a": 1}'),
            ("application/json", [{"a": 1}], b'[{"a": 1}]'),
            ("application/json", ["[\n", "1]"], b"[\n1]"),
            ("text/event-stream", ["event: a\n", "data: 1\n", "\n"], b"event: a\ndata: 1\n\n"),
            ("text/plain", "abcd", b"abcd"),
            ("application/octet-stream", base64.b64encode(b"\x00\xff").decode(), b"\x00\xff"),
            ("application/octet-stream", "plain words.", b"plain words."),
            ("multipart/form-data; boundary=B", base64.b64encode(b"--B\xff").decode(), b"--B\xff"),
            ("multipart/form-data; boundary=B", "--B\r\n", b"--B\r\n"),
            ("application/json", None, b""),
        ],
    )
    def test_bodies(self, tmp_path: Path, kind: str, recorded: Any, body: bytes) -> None:
        entry = azure(
            recorded, recorded, RequestHeaders={"Content-Type": kind}, ResponseHeaders={"Content-Type": [kind]}
        )
        exchange = only(write(tmp_path / "a.json", {"Entries": [entry], "Variables": {}}))
        assert (exchange.request.body, exchange.response.body) == (body, body)

    def test_fields(self, tmp_path: Path) -> None:
        exchange = only(write(tmp_path / "a.json", {"Entries": [azure()]}))
        assert exchange.request.query == {"api-version": "2024-05-01-preview"}
        assert exchange.response.headers["x-many"] == "a, b"
        assert (exchange.response.json, exchange.complete) == (THREAD, True)

    def test_gzip(self, tmp_path: Path) -> None:
        known = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        packed = base64.b64encode(gzip.compress(BODY, mtime=0)).decode()
        path = write(
            tmp_path / "a.json", {"Entries": [azure(packed, ResponseHeaders=known), azure(ResponseHeaders=known)]}
        )
        exchanges, problems = read(path)
        assert problems == []
        assert [exchange.response.json for exchange in exchanges] == [THREAD, THREAD]

    def test_truncated(self, tmp_path: Path) -> None:
        assert only(write(tmp_path / "a.json", {"Entries": [azure(_truncated="a page")]})).complete is False


class TestHar:
    def test_text_and_headers(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.har", har({"text": BODY.decode()}, mimeType="application/json", text='{"a": 1}'))
        exchange = only(path)
        assert exchange.request.headers == {"x-a": "1, 2", "content-type": "application/json"}
        assert (exchange.request.json, exchange.response.json) == ({"a": 1}, THREAD)

    def test_base64(self, tmp_path: Path) -> None:
        content = {"text": base64.b64encode(BODY).decode(), "encoding": "base64", "size": 3}
        assert only(write(tmp_path / "a.json", har(content))).response.body == BODY

    def test_parameters(self, tmp_path: Path) -> None:
        posted = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "1"}]}
        assert only(write(tmp_path / "a.har", har({"text": "{}"}, **posted))).request.body == b"a+b=1"

    def test_body_that_was_not_kept(self, tmp_path: Path) -> None:
        exchange = only(write(tmp_path / "a.har", har({"size": 900, "mimeType": "application/json"})))
        assert (exchange.response.body, exchange.complete) == (b"", False)

    def test_request_without_answer(self, tmp_path: Path) -> None:
        document = har({"size": 0})
        document["log"]["entries"][0]["response"]["status"] = 0
        assert "no HTTP status" in one_problem(write(tmp_path / "a.har", document)).message


class TestLines:
    def test_fields(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", json.dumps(line()) + "\n\n" + json.dumps(line(truncated="cut")))
        (first, second), problems = read(path)
        assert problems == []
        assert (first.source, first.session) == ("owner/repo:tests/a.yml#3", "owner/repo:tests/a.yml")
        assert first.request.headers == {"accept": "*/*"}
        assert (first.request.body, first.response.json) == (b"", THREAD)
        assert (first.complete, second.complete) == (True, False)

    def test_sessions_of_different_repositories_differ(self, tmp_path: Path) -> None:
        other = line(source="other/repo:tests/a.yml#0")
        (first, second), _ = read(write(tmp_path / "a.ndjson", f"{json.dumps(line())}\n{json.dumps(other)}"))
        assert first.session != second.session

    @pytest.mark.parametrize(
        ("kind", "recorded", "body"),
        [
            ("text/event-stream", "data: é\n\n", "data: é\n\n".encode()),
            ("application/json", base64.b64encode(BODY).decode(), BODY),
            ("application/json", '{"a": 1', b'{"a": 1'),
            ("text/plain", base64.b64encode(BODY).decode(), base64.b64encode(BODY)),
            ("application/json", "half \ud83d", b"half ?"),
            ("application/json", [1], b"[1]"),
        ],
    )
    def test_bodies(self, tmp_path: Path, kind: str, recorded: Any, body: bytes) -> None:
        given = line(response={"status": 200, "headers": {"content-type": kind}, "body": recorded})
        assert only(write(tmp_path / "a.jsonl", given)).response.body == body

    def test_beginning_of_an_upload(self, tmp_path: Path) -> None:
        sent = {"_binary_base64_prefix": base64.b64encode(b"--B\xff").decode(), "_length": 9}
        given = line(request={"method": "POST", "url": URL, "headers": {}, "body": sent})
        assert only(write(tmp_path / "a.jsonl", given)).request.body == b"--B\xff"

    @pytest.mark.parametrize(
        ("bad", "message", "place"),
        [
            ('{"request": {', "not JSON", "line 2, column 14"),
            ("[1]", "should be a mapping", "entry 1, line 2"),
            (json.dumps(line(response=None)), "the response is missing", "entry 1, line 2"),
            (json.dumps(line()).replace("1700000000", "NaN"), "NaN is not JSON", "line 2"),
            (json.dumps(line()).replace("1700000000", "1e999"), "cannot be written as JSON", "entry 1, line 2"),
            ("[" * 100_000, "nested too deeply", "line 2"),
        ],
    )
    def test_damaged_line(self, tmp_path: Path, bad: str, message: str, place: str) -> None:
        good = json.dumps(line())
        exchanges, (problem,) = read(write(tmp_path / "a.jsonl", f"{good}\n{bad}\n{good}\n"))
        assert len(exchanges) == 2
        assert [exchange.started for exchange in exchanges] == [0.0, 1.0]
        assert (problem.kind, problem.place) == ("damaged", place)
        assert message in problem.message

    def test_read_lazily(self, tmp_path: Path) -> None:
        problems: list[Problem] = []
        exchanges = read_paths([write(tmp_path / "a.jsonl", json.dumps(line()) + "\n{")], problems.append)
        assert next(exchanges).response.json == THREAD
        assert problems == []
        assert list(exchanges) == []
        assert len(problems) == 1


class TestDamage:
    def test_yaml_broken_in_the_middle(self, tmp_path: Path) -> None:
        lines = yaml.safe_dump({"interactions": [interaction("{}") for _ in range(4)], "version": 1})
        parts = lines.split("- request:")
        parts[2] = parts[2].replace("method: get", "method: 'get")
        path = write(tmp_path / "a.yaml", "- request:".join(parts))
        exchanges, (problem,) = read(path)
        assert [exchange.source[-1] for exchange in exchanges] == ["0", "2", "3"]
        assert problem.kind == "damaged"
        assert problem.place.endswith("in entry 1")
        assert problem.message.startswith("not YAML: ")
        assert "mend" in problem.message
        assert str(problem).startswith(f"{path}: line ")

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        text = yaml.safe_dump({"http_interactions": [interaction("first"), interaction("other")]}).encode()
        line_number = text[: text.index(b"first")].count(b"\n") + 1
        exchanges, (problem,) = read(write(tmp_path / "a.yml", text.replace(b"first", b"fi\xffst")))
        assert [exchange.response.body for exchange in exchanges] == [b"other"]
        assert problem.place == f"line {line_number}, in entry 0"

    def test_interrupted_yaml(self, tmp_path: Path) -> None:
        text = yaml.safe_dump({"interactions": [interaction("{}"), interaction("{}")]})
        exchanges, problems = read(write(tmp_path / "a.yaml", text[: text.rindex("method")] + "'"))
        assert [exchange.source[-1] for exchange in exchanges] == ["0"]
        assert [problem.kind for problem in problems] == ["damaged"]

    @pytest.mark.parametrize("indent", [1, 4])
    def test_json_broken_in_the_middle(self, tmp_path: Path, indent: int) -> None:
        text = json.dumps({"Entries": [azure(), azure(_mark=1), azure()]}, indent=indent)
        exchanges, (problem,) = read(write(tmp_path / "a.json", text.replace('"_mark": 1', '"_mark": ')))
        assert [exchange.source[-1] for exchange in exchanges] == ["0", "2"]
        assert problem.place.endswith("in entry 1")
        assert problem.message.startswith("not JSON: ")

    def test_interrupted_json(self, tmp_path: Path) -> None:
        document = har({"text": "{}"})
        document["log"]["entries"] *= 2
        exchanges, (problem,) = read(write(tmp_path / "a.har", json.dumps(document)[:-30]))
        assert [exchange.source[-1] for exchange in exchanges] == ["0"]
        assert problem.place.endswith("in entry 1")

    @pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.jsonl", "a.har"])
    @pytest.mark.parametrize("content", ["", " \n"])
    def test_empty_file(self, tmp_path: Path, name: str, content: str) -> None:
        assert "the file is empty" in one_problem(write(tmp_path / name, content)).message

    @pytest.mark.parametrize(
        ("name", "content", "place"),
        [
            ("a.yaml", "a: [1\nb: 2\n", "line 2, column 2"),
            ("a.json", '{"a": 1,\n}', "line 2, column 1"),
            ("a.json", b'{"a": "\xff"}', ""),
            ("a.json", "[" * 100_000, ""),
            ("a.yaml", "interactions: {a: 1}\n", "line 1"),
        ],
    )
    def test_not_readable_at_all(self, tmp_path: Path, name: str, content: bytes | str, place: str) -> None:
        assert one_problem(write(tmp_path / name, content)).place == place

    @pytest.mark.parametrize(
        "tag",
        [
            "!!python/object/apply:os.mkdir [PLACE]",
            "!!python/object/new:os.mkdir [PLACE]",
            "!!python/name:os.mkdir ''",
            "!!python/unicode 'text'",
            "!ruby/object:Gem::Installer {a: 1}",
        ],
    )
    def test_tags_are_damage_and_never_executed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str
    ) -> None:
        place = tmp_path / "made"
        text = yaml.safe_dump({"interactions": [interaction("MARK"), interaction("{}")]})
        path = write(tmp_path / "a.yaml", text.replace("MARK", tag.replace("PLACE", str(place))))
        imported: list[str] = []
        genuine = builtins.__import__
        monkeypatch.setattr(
            builtins, "__import__", lambda name, *rest: (imported.append(name), genuine(name, *rest))[1]
        )
        exchanges, (problem,) = read(path)
        assert not place.exists()
        assert "os" not in imported
        assert [exchange.source[-1] for exchange in exchanges] == ["1"]
        assert problem.kind == "damaged"
        assert tag.split(" ", maxsplit=1)[0] in problem.message
        assert problem.place.endswith("in entry 0")

    def test_aliases(self, tmp_path: Path) -> None:
        text = yaml.safe_dump({"interactions": [interaction("{}")] * 3})
        assert "&id001" in text
        exchanges, problems = read(write(tmp_path / "a.yaml", text))
        assert (len(exchanges), problems) == (3, [])

    def test_alias_bomb(self, tmp_path: Path) -> None:
        levels = ["a0: &a0 [lol, lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        text = "\n".join([*levels, "interactions: [*a11]"])
        problem = one_problem(write(tmp_path / "a.yaml", text))
        assert "expand too much" in problem.message
        assert problem.place.startswith("line ")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("interactions: [&a [*a]]", "names nothing before it"),
            ("interactions: [*never]", "names nothing before it"),
            ("interactions: " + "[" * 100_000, "nested deeper"),
            ("interactions: [{[1]: 2}]", "a key is no text"),
            ("interactions: [{a: !!binary '%'}]", "not base64"),
        ],
    )
    def test_hostile_yaml(self, tmp_path: Path, text: str, message: str) -> None:
        assert message in one_problem(write(tmp_path / "a.yaml", text)).message

    def test_large_file(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", "")
        os.truncate(path, 513 * 2**20)
        assert "over 512 MB" in one_problem(path).message

    def test_file_that_vanished(self, tmp_path: Path) -> None:
        path = vcrpy(tmp_path / "a.yaml", interaction())
        problems: list[Problem] = []
        exchanges = read_paths([tmp_path], problems.append)
        path.unlink()
        write(tmp_path / "b.jsonl", line())
        (tmp_path / "a.yaml").symlink_to("nowhere")
        assert len(list(exchanges)) == 1
        assert [(problem.path, problem.kind) for problem in problems] == [(path, "damaged")]
        assert "cannot be read" in problems[0].message


class TestForeign:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.json", {"id": "asst_1", "object": "assistant"}),
            ("a.json", [1, 2]),
            ("a.json", "3"),
            ("a.json", {"log": "text"}),
            ("a.json", {"Entries": [{"Name": "x"}]}),
            ("a.json", {"Entries": "x"}),
            ("a.yaml", "services: {web: {image: x}}"),
            ("a.yaml", "- 1\n- 2\n"),
            ("a.yaml", "text"),
            ("a.yaml", "Resources: !Sub 'x'\n---\nb: !!python/name:os.system ''\n"),
            ("a.yaml", "interactions: [{name: click}]"),
            ("a.jsonl", '{"level": "info"}\n{"level": "info"}\n'),
            ("a.jsonl", "1\n2\n"),
            ("a.txt", "text"),
        ],
    )
    def test_valid_and_no_recording(self, tmp_path: Path, name: str, content: Any) -> None:
        assert "no recording" in one_problem(write(tmp_path / name, content), "foreign").message

    @pytest.mark.parametrize("content", [{"interactions": [], "version": 1}, {"Entries": []}])
    def test_recording_of_nothing(self, tmp_path: Path, content: dict[str, Any]) -> None:
        assert read(write(tmp_path / "a.json", content)) == ([], [])


class TestFolders:
    def test_folder(self, tmp_path: Path) -> None:
        vcrpy(tmp_path / "b" / "z.yml", interaction())
        write(tmp_path / "b" / "A.JSON", {"Entries": [azure()]})
        write(tmp_path / "a.har", har({"text": "{}"}))
        write(tmp_path / "c.jsonl", line())
        write(tmp_path / "d.json", "{")
        write(tmp_path / "notes.md", "text")
        vcrpy(tmp_path / ".hidden.yml", interaction())
        vcrpy(tmp_path / ".git" / "a.yml", interaction())
        exchanges, problems = read(tmp_path)
        names = [exchange.source.rpartition("/")[2] for exchange in exchanges]
        assert names == ["a.har#0", "A.JSON#0", "z.yml#0", "a.yml#3"]
        assert [exchange.started for exchange in exchanges] == [0.0, 1.0, 2.0, 3.0]
        assert [(problem.path.name, problem.kind) for problem in problems] == [("d.json", "damaged")]

    def test_each_file_once(self, tmp_path: Path) -> None:
        path = vcrpy(tmp_path / "a.yaml", interaction())
        exchanges, _ = read(path, tmp_path, tmp_path / "." / "a.yaml")
        assert len(exchanges) == 1

    def test_missing_path_is_refused_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(RecordingError, match="nowhere: no such file or folder"):
            read_paths([tmp_path, tmp_path / "nowhere"], lambda _: None)

    def test_format_of_a_source(self, tmp_path: Path) -> None:
        vcrpy(tmp_path / "a.yaml", interaction())
        write(tmp_path / "b.json", {"a": 1})
        found = []
        for source in find_sources([tmp_path]):
            count = len(list(source.read(lambda _: None)))
            found.append((source.format, count))
        assert found == [("vcrpy", 1), ("", 0)]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not part of this repository")
def test_real_recordings() -> None:
    problems: list[Problem] = []
    count = 0
    unparsed = []
    for exchange in read_paths([SHARED], problems.append):
        count += 1
        judged = exchange.complete and exchange.response.content_type == "application/json"
        if judged and isinstance(exchange.response.parsed, NotJson):
            unparsed.append(exchange.source)
    assert count > 3000
    assert [str(problem) for problem in problems if problem.kind == "damaged"] == []
    assert unparsed == []
