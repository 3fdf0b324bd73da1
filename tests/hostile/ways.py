"""The ways in which a target misbehaves. Each is a generator of bytes, or gives None where it lets the truth pass."""

from __future__ import annotations

import gzip
import itertools
import json
import time
import zlib

WAYS = {}
#: The first request of a run asks whether the target is there; a way that spoilt it would be refused before it began.
ASSISTANTS = "/v1/assistants"


def way(made):
    WAYS[made.__name__] = made
    return made


def bends(made):
    """A way that bends the JSON of successes: it gets the object and returns bytes, or an object."""

    def bent(server, asked, reply):
        if reply.events or reply.status != 200 or not reply.body.startswith(b"{") or probing(asked):
            return None
        body = made(json.loads(reply.body))
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return [reply.raw(body, {"connection": "close"})]

    WAYS[made.__name__] = bent
    return bent


def streams(made):
    """A way that bends streams: it gets the true reply and yields bytes."""

    def bent(server, asked, reply):
        return made(server, reply) if reply.events else None

    WAYS[made.__name__] = bent
    return bent


def probing(asked):
    return asked.method == "GET" and asked.path.endswith("/assistants")


def every_text(value, change):
    """The object with every free text changed; what the suite must recognise stays."""
    fixed = {"id", "object", "status", "role", "type", "model", "thread_id", "run_id", "assistant_id", "first_id"}
    if isinstance(value, dict):
        return {k: v if k in fixed | {"last_id"} else every_text(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [every_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


CLOSE = {"connection": "close"}

# -- the connection ----------------------------------------------------------------------------------------------------


@way
def never_answers(server, asked, reply):
    if probing(asked):
        return None
    return (server.still() or b"" for _ in range(1))


@way
def one_byte_a_second(server, asked, reply):
    if probing(asked):
        return None
    raw = reply.raw(headers=CLOSE)
    head = raw.index(b"\r\n\r\n") + 4
    return itertools.chain([raw[:head]], (slow(server, raw[n : n + 1]) for n in range(head, len(raw))))


@way
def head_of_one_byte_a_second(server, asked, reply):
    if probing(asked):
        return None
    return (slow(server, bytes([byte])) for byte in reply.raw(headers=CLOSE))


def slow(server, data):
    server.still(0.4)
    return data


@way
def closes_at_once(server, asked, reply):
    return None if probing(asked) else []


@way
def closes_in_a_header(server, asked, reply):
    return None if probing(asked) else [reply.raw()[:40]]


@way
def closes_in_a_body(server, asked, reply):
    return None if probing(asked) else [reply.raw()[:-10]]


@way
def closes_in_a_chunk(server, asked, reply):
    if probing(asked):
        return None
    return [reply.raw(b"%x\r\n%s" % (len(reply.body) + 9, reply.body), {"transfer-encoding": "chunked"})]


@way
def chunk_of_no_size(server, asked, reply):
    if probing(asked):
        return None
    return [reply.raw(b"zz\r\n%s\r\n0\r\n\r\n" % reply.body, {"transfer-encoding": "chunked"})]


@way
def length_too_long(server, asked, reply):
    return None if probing(asked) else [reply.raw(headers={"content-length": str(len(reply.body) + 7)})]


@way
def length_too_short(server, asked, reply):
    return None if probing(asked) else [reply.raw(headers={"content-length": str(max(len(reply.body) - 7, 0))})]


@way
def length_of_no_number(server, asked, reply):
    return None if probing(asked) else [reply.raw(headers={"content-length": "-5"})]


@way
def second_answer_of_its_own(server, asked, reply):
    """An answer that nobody asked for, behind the true one: the next request must not take it for its own."""
    if probing(asked):
        return None
    return [reply.raw() + reply.raw(b'{"id": "smuggled"}')]


@way
def not_http(server, asked, reply):
    return None if probing(asked) else [b"SSH-2.0-OpenSSH_9.2\r\n\x00\x01\x02"]


@way
def status_of_no_number(server, asked, reply):
    return None if probing(asked) else [reply.raw(line="HTTP/1.1 abc Fine")]


@way
def status_999(server, asked, reply):
    return None if probing(asked) else [reply.raw(headers=CLOSE, status=999)]


@way
def switching_protocols(server, asked, reply):
    return None if probing(asked) else [b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nnoise"]


@way
def flood_of_1xx(server, asked, reply):
    if probing(asked):
        return None
    return (b"HTTP/1.1 100 Continue\r\n\r\n" * 50 for _ in itertools.count())


@way
def drip_of_1xx(server, asked, reply):
    if probing(asked):
        return None
    return (slow(server, b"HTTP/1.1 102 Processing\r\n\r\n") for _ in itertools.count())


@way
def huge_header(server, asked, reply):
    return None if probing(asked) else [reply.raw(headers={**CLOSE, "x-big": "a" * 5_000_000})]


@way
def many_headers(server, asked, reply):
    if probing(asked):
        return None
    return [reply.raw(headers={**CLOSE, **{f"x-{n}": "a" * 40 for n in range(6_000)}})]


@way
def odd_headers(server, asked, reply):
    odd = {
        "x-note": "\xff\xfe caf\xe9",
        "date": "Mon, 01 Jan 0000 99:99:99 +9999999999",
        "retry-after": "9" * 6000,
        "openai-poll-after-ms": "9" * 6000,
        "set-cookie": "a=\xff; Domain=evil.example; Expires=never",
        "x-request-id": "\x1b[2J",
    }
    return [reply.raw(headers={**CLOSE, **{name: value.replace("\x1b", "") for name, value in odd.items()}})]


# -- the body ----------------------------------------------------------------------------------------------------------


@way
def endless_body(server, asked, reply):
    if probing(asked):
        return None
    head = reply.raw(b"", {**CLOSE, "transfer-encoding": "chunked"})
    return itertools.chain([head], (b"10000\r\n" + b" " * 65536 + b"\r\n" for _ in itertools.count()))


@way
def hundred_megabytes_of_text(server, asked, reply):
    if probing(asked):
        return None
    head = reply.raw(b'{"id": "', {**CLOSE, "content-length": str(100_000_010)})
    return itertools.chain([head], itertools.repeat(b"a" * 100_000, 1000), [b'"}'])


@bends
def heaviest_that_is_let_in(body):
    """15 MB, and one sign of four bytes, so that a text takes four bytes for each of its letters."""
    return {**body, "description": "\U0001f600" + "a" * 15_000_000}


@bends
def million_of_values(body):
    return {**body, "metadata": [{}] * 3_000_000}


@way
def gzip_bomb(server, asked, reply):
    if probing(asked):
        return None
    return [reply.raw(BOMB, {**CLOSE, "content-encoding": "gzip"})]


@way
def gzip_bomb_in_a_gzip_bomb(server, asked, reply):
    if probing(asked):
        return None
    return [reply.raw(gzip.compress(BOMB), {**CLOSE, "content-encoding": "gzip, gzip"})]


@way
def damaged_gzip(server, asked, reply):
    if probing(asked):
        return None
    packed = gzip.compress(reply.body)
    return [reply.raw(packed[:20] + b"\x00" * 20, {**CLOSE, "content-encoding": "gzip"})]


@way
def coding_nobody_knows(server, asked, reply):
    return None if probing(asked) else [reply.raw(headers={**CLOSE, "content-encoding": "x-rot13"})]


@way
def page_of_html(server, asked, reply):
    page = b"<!doctype html><title>Sign in</title><script>alert(1)</script>"
    return None if probing(asked) else [reply.raw(page, {**CLOSE, "content-type": "text/html"})]


@way
def json_under_another_type(server, asked, reply):
    if reply.events or not reply.body.startswith(b"{") or probing(asked):
        return None
    return [reply.raw(headers={**CLOSE, "content-type": "application/x-msdownload"})]


@way
def empty_body(server, asked, reply):
    return None if probing(asked) else [reply.raw(b"", CLOSE)]


@bends
def null_body(body):
    return b"null"


@bends
def list_body(body):
    return [body]


@bends
def invalid_utf8(body):
    return json.dumps({**body, "name": "?"}).encode().replace(b'"?"', b'"\xff\xfe\xc3"')


@bends
def half_of_a_surrogate_pair(body):
    return json.dumps({**body, "name": "\ud800"}).encode()


@bends
def ten_thousand_levels(body):
    return json.dumps({**body, "metadata": "?"}).encode().replace(b'"?"', b"[" * 10_000 + b"]" * 10_000)


@bends
def nine_hundred_levels(body):
    return json.dumps({**body, "metadata": "?"}).encode().replace(b'"?"', b'{"a":' * 900 + b"1" + b"}" * 900)


@bends
def not_a_number(body):
    return {**body, "created_at": float("nan")}


@bends
def infinite_number(body):
    return json.dumps({**body, "created_at": "?"}).encode().replace(b'"?"', b"1e999")


@bends
def number_of_5000_digits(body):
    return json.dumps({**body, "created_at": "?"}).encode().replace(b'"?"', b"9" * 5000)


@bends
def numbers_of_300_digits(body):
    return numbers(body, lambda _: 10**300)


@bends
def numbers_as_text(body):
    return numbers(body, str)


def numbers(value, change):
    if isinstance(value, dict):
        return {key: numbers(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [numbers(inner, change) for inner in value]
    return change(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@bends
def duplicate_keys(body):
    return json.dumps(body).encode().replace(b"{", b'{"id": "other", ', 1)


@bends
def trailing_bytes(body):
    return json.dumps(body).encode() + b"\n}{"


@bends
def ids_of_other_types(body):
    return {**body, "id": {"$ne": None}}


@bends
def ids_that_climb(body):
    return {**body, "id": "../../etc/passwd?x=#\r\nX-Injected: yes"}


@bends
def ids_of_half_a_megabyte(body):
    return {**body, "id": "thread_" + "a" * 500_000}


@way
def answers_of_the_previous_request(server, asked, reply):
    previous, server.previous = getattr(server, "previous", None), reply
    return None if probing(asked) or previous is None else [previous.raw(headers=CLOSE)]


@bends
def lists_without_end(body):
    if isinstance(body.get("data"), list):
        fresh = f"asst_{time.monotonic_ns()}"
        return {**body, "data": [{"id": fresh, "object": "assistant"}], "has_more": True, "last_id": fresh}
    return body


@bends
def runs_that_stay_queued(body):
    return {**body, "status": "queued"} if body.get("object") == "thread.run" else body


@bends
def run_of_an_unknown_status(body):
    return {**body, "status": ["queued"]} if body.get("object") == "thread.run" else body


@bends
def texts_that_paint_the_terminal(body):
    return every_text(body, lambda text: f"\x1b[2J\x1b]0;gone\x07\r\x9b31m\u202e{text}\u2066 \x00%s%n{{0}}{{{{x}}}}")


@bends
def texts_that_script_a_page(body):
    return every_text(body, lambda text: f"\"'><script>alert(1)</script><img src=x onerror=alert(2)>{text}")


@way
def errors_that_inject(server, asked, reply):
    """Every creation is refused with a text that would like to be run, and with the key in it."""
    if asked.method == "GET":
        return None
    key = asked.headers.get("authorization", "").removeprefix("Bearer ")
    told = f"\x1b[31m\"'></pre><script src=//evil.example/x.js></script>{key} {json.dumps(key)[3:]} {'x' * 240}{key}"
    body = json.dumps({"error": {"message": told, "type": told, "param": told, "code": told}}).encode()
    return [reply.raw(body, {**CLOSE, "content-type": "application/json"}, status=400)]


@way
def echoes_the_key(server, asked, reply):
    """The key at the places where a report cuts."""
    if probing(asked):
        return None
    key = asked.headers.get("authorization", "").removeprefix("Bearer ")
    texts = {f"a{n}": "x" * n + key for n in (90, 150, 280, 285, 290, 380, 390)}
    texts |= {"url": key.replace("/", "%2F"), "json": key}
    body = json.dumps({"x" * 340: key, **texts}).replace("/", "\\/").encode()
    return [reply.raw(body, {**CLOSE, "x-echo": key, "location": f"http://evil.example/{key}"})]


# -- redirects ---------------------------------------------------------------------------------------------------------


@way
def redirects_to_another_host(server, asked, reply):
    there = getattr(server, "elsewhere", "http://evil.example")
    return None if probing(asked) else [reply.raw(b"", {**CLOSE, "location": f"{there}/v1/threads"}, status=307)]


@way
def redirects_in_a_loop(server, asked, reply):
    return None if probing(asked) else [reply.raw(b"", {**CLOSE, "location": asked.target}, status=302)]


@way
def redirects_to_a_file(server, asked, reply):
    return None if probing(asked) else [reply.raw(b"", {**CLOSE, "location": "file:///etc/passwd"}, status=308)]


# -- streams -----------------------------------------------------------------------------------------------------------


@streams
def stream_that_closes_in_an_event(server, reply):
    yield reply.raw(reply.body[: len(reply.body) // 2 + 3], CLOSE, length=False)


@streams
def stream_without_an_end(server, reply):
    yield reply.raw(reply.body[: len(reply.body) // 2], CLOSE, length=False)
    event = b'event: thread.message.delta\ndata: {"id": "msg_1"}\n\n' * 1000
    while not server.over.is_set():
        yield event


@streams
def stream_of_comments_without_an_end(server, reply):
    yield reply.raw(b"", CLOSE, length=False)
    while not server.over.is_set():
        yield b":\n" * 30_000


@streams
def stream_of_one_line_without_an_end(server, reply):
    yield reply.raw(b"event: x\ndata: ", CLOSE, length=False)
    while not server.over.is_set():
        yield b"a" * 60_000


@streams
def stream_that_falls_silent(server, reply):
    yield reply.raw(reply.body[: len(reply.body) // 2], CLOSE, length=False)
    server.still()


@streams
def stream_that_drips(server, reply):
    yield reply.raw(b"", CLOSE, length=False)
    while not server.over.is_set():
        yield slow(server, b":\n")


@streams
def stream_with_crlf_bom_and_comments(server, reply):
    """Legal in every byte: no finding may come of it but that the recorded frames look otherwise."""
    yield reply.raw(b"\xef\xbb\xbf: hello\n\n" + reply.body.replace(b"\n", b"\r\n"), CLOSE, length=False)


@streams
def stream_with_cr_alone(server, reply):
    yield reply.raw(reply.body.replace(b"\n", b"\r"), CLOSE, length=False)


@streams
def stream_with_data_over_many_lines(server, reply):
    yield reply.raw(reply.body.replace(b", ", b",\ndata: ").replace(b',"', b',\ndata: "'), CLOSE, length=False)


@streams
def stream_of_invalid_utf8(server, reply):
    yield reply.raw(reply.body.replace(b"a", b"\xff"), CLOSE, length=False)


@streams
def stream_of_deep_json(server, reply):
    deep = b"event: thread.run.created\ndata: " + b"[" * 50_000 + b"\n\n"
    yield reply.raw(deep + reply.body, CLOSE, length=False)


@streams
def stream_of_names_that_inject(server, reply):
    yield reply.raw(b"event: \x1b[2J<script>alert(1)</script>\ndata: {}\n\n" + reply.body, CLOSE, length=False)


@streams
def stream_packed_like_a_bomb(server, reply):
    yield reply.raw(STREAM_BOMB, {**CLOSE, "content-encoding": "gzip"}, length=False)


def _bomb(byte, megabytes):
    """A packed block that unpacks to a megabyte, said again and again: two gigabytes take no time to make."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(byte) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(byte * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * megabytes


#: Two gigabytes in two megabytes.
BOMB = _bomb(b"\x00", 2000)
STREAM_BOMB = _bomb(b":", 500)
