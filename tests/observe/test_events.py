"""Server-sent events are read as the standard reads them, whatever the framing and wherever a chunk ends."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistants_conformance.observe import Decoder, Response
from assistants_conformance.observe.events import decode_events

BOM = b"\xef\xbb\xbf"
#: A little of everything, with characters of one to four bytes.
MIXED = (
    BOM + b": hello\r\nevent: a\r\ndata: 1\r\ndata:\xc3\xa9 \xe2\x82\xac\r\n\r\n"
    b"id: 7\rretry: 10\rdata\rdata: \xf0\x9f\x98\x80\r\r"
    b"event: gone\n\n\n:\nevent: b\nevent: c\ndata:  x: y\nnonsense\nwhat: ever\n\n"
)
READ = [("a", "1\né €", True), ("message", "\n😀", False), ("c", " x: y", True)]


def told(events):
    return [(event.name, event.data, event.named) for event in events]


def fed(*chunks):
    decoder = Decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.close()]


def read(body):
    events = decode_events(body)
    assert all(event.clean for event in events)
    assert [event.number for event in events] == list(range(len(events)))
    return [(event.name, event.data) for event in events if event.whole]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (BOM, []),
        (b"\n\n\r\r\n", []),
        (b"data: x\n\n", [("message", "x")]),
        (b"data:x\n\n", [("message", "x")]),
        (b"data:  x\n\n", [("message", " x")]),
        (b"data: x \n\n", [("message", "x ")]),
        (b"event: a\ndata: x\n\n", [("a", "x")]),
        (b"data: x\nevent: a\n\n", [("a", "x")]),
        (b"event:a\rdata:x\r\r", [("a", "x")]),
        (b"event: a\r\ndata: x\r\n\r\n", [("a", "x")]),
        (b"event: a\ndata: x\r\n\n", [("a", "x")]),
        (BOM + b"event: a\ndata: x\n\n", [("a", "x")]),
        (BOM + BOM + b"event: a\ndata: x\n\n", [("message", "x")]),
        (b"data: \xef\xbb\xbfx\n\n", [("message", "\ufeffx")]),
        (b": c\ndata: x\n: c\ndata: y\n:\n\n", [("message", "x\ny")]),
        (b": only a comment\n\ndata: x\n\n", [("message", "x")]),
        (b"data: x\ndata: y\ndata:\n\n", [("message", "x\ny\n")]),
        (b"data\n\n", [("message", "")]),
        (b"data\ndata\n\n", [("message", "\n")]),
        (b"data:\n\n", [("message", "")]),
        (b"event: a\n\ndata: x\n\n", [("message", "x")]),
        (b"event: a\nevent: b\ndata: x\n\n", [("b", "x")]),
        (b"event: a\nevent\ndata: x\n\n", [("message", "x")]),
        (b"event: \ndata: x\n\n", [("message", "x")]),
        (b"Event: a\nDATA: y\ndata: x\n\n", [("message", "x")]),
        (b" data: y\ndata : y\ndata: x\n\n", [("message", "x")]),
        (b"id: 1\nretry: 5\nid\nretry: soon\ndata: x\n\n", [("message", "x")]),
        (b"data: {\ndata: \"a\": 1}\n\n", [("message", '{\n"a": 1}')]),
        (b"data: a: b\n\n", [("message", "a: b")]),
        (b"data: x\n\n\n\ndata: y\n\n", [("message", "x"), ("message", "y")]),
        (b"data: x\x00\x0b\x0c\xc2\x85\xe2\x80\xa8y\n\n", [("message", "x\x00\x0b\x0c\x85\u2028y")]),
        (b"event: a\tb\ndata: x\n\n", [("a\tb", "x")]),
        (b"data: x\n\nevent: a\ndata: lost\n", [("message", "x")]),
    ],
)  # fmt: skip
def test_what_the_standard_says(body, expected):
    assert read(body) == expected


def test_every_border_of_two_chunks():
    assert told(fed(MIXED)) == READ
    for place in range(len(MIXED) + 1):
        assert told(fed(MIXED[:place], MIXED[place:])) == READ, place


def test_chunks_of_one_byte_and_empty_ones():
    assert told(fed(*(MIXED[place : place + 1] for place in range(len(MIXED))))) == READ
    assert told(fed(b"", *(part for byte in MIXED for part in (bytes([byte]), b"")))) == READ


def test_events_are_there_with_their_last_byte():
    decoder = Decoder()
    assert list(decoder.feed(b"event: a\r\ndata: x\r\n")) == []
    assert told(decoder.feed(b"\r")) == [("a", "x", True)]
    assert list(decoder.feed(b"\n")) == []
    assert told(decoder.feed(b"data: y\n\n")) == [("message", "y", False)]
    assert list(decoder.close()) == []


@pytest.mark.parametrize("body", [b"event: a\ndata: x\n", b"event: a\ndata: x", b"event: a\r\ndata: x\r\n"])
def test_what_no_empty_line_ends_is_told_apart(body):
    first, last = decode_events(b"data: 1\n\n" + body)
    assert (first.whole, last.whole) == (True, False)
    assert (last.name, last.data, last.number) == ("a", "x", 1)


@pytest.mark.parametrize("body", [b": comment", b"id: 7", b"nonsense", b"\xef\xbb", b"\r"])
def test_a_rest_without_event_is_nothing(body):
    assert [event.data for event in decode_events(b"data: 1\n\n" + body)] == ["1"]


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"])
def test_bytes_that_are_no_text(bad):
    before, odd, after = decode_events(b'data: 1\n\ndata: {"a": "' + bad + b'"}\n\ndata: {"b": 2}\n\n')
    assert (before.clean, odd.clean, after.clean) == (True, False, True)
    assert "\ufffd" in odd.data
    assert odd.json == {}
    assert "UTF-8" in str(odd.parsed)
    assert after.json == {"b": 2}


def test_the_mark_of_the_end():
    (done,) = decode_events(b"event: done\ndata: [DONE]\n\n")
    assert done.is_done
    assert done.json == {}
    assert not decode_events(b"event: done\ndata: [DONE] \n\n")[0].is_done


@pytest.mark.parametrize("data", ["", "[]", "5", "null", "{", '{"a": 1, "a": 2}', "NaN", "[" * 5000, '"\\ud800"'])
def test_data_that_is_no_object(data):
    (event,) = decode_events(b"data: " + data.encode() + b"\n\n")
    assert event.json == {}


def test_a_stream_is_known_by_its_type_and_without_one_by_its_look():
    assert Response(200, {"content-type": "Text/Event-Stream; charset=utf-8"}, b": x\n\n").is_stream
    assert Response(200, {}, b"event: a\ndata: x\n\n").is_stream
    assert not Response(200, {}, b'{"event": 1}').is_stream
    assert not Response(200, {"content-type": "application/json"}, b"event: a\ndata: x\n\n").is_stream


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"), max_size=12)
NAMES = TEXT.filter(bool)
EVENTS = st.lists(st.tuples(st.none() | NAMES, st.lists(TEXT, min_size=1, max_size=3)), max_size=6)


def framed(events, dice, ends):
    """One of the legal ways to write events; `ends` is how lines end, None: each in its own way."""
    rows = []

    def field(name, value):
        space = " " if value.startswith(" ") or dice.random() < 0.5 else ""
        rows.append(name if not value and dice.random() < 0.3 else f"{name}:{space}{value}")

    def noise():
        odd = [":", ": comment", "id: 5", "id", "retry: 3", "unknown", "unknown: field", ":data: no", "data2: no"]
        rows.extend(dice.choice(odd) for _ in range(dice.choice([0, 0, 1, 3])))

    for name, lines in events:
        named = dice.randrange(len(lines) + 1) if name is not None else None
        for number, line in enumerate(lines):
            noise()
            if number == named:
                field("event", name)
            field("data", line)
        if named == len(lines):
            field("event", name)
        noise()
        rows.extend([""] * dice.choice([1, 1, 3]))
        if dice.random() < 0.2:
            rows.extend(["event: without data", ""])
    text = ""
    for row in rows:
        # After a carriage return a line feed alone would end no further line.
        choice = ends or dice.choice(["\r\n", "\r"] if not row and text.endswith("\r") else ["\n", "\r\n", "\r"])
        text += row + choice
    return (BOM if dice.random() < 0.3 else b"") + text.encode()


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers())
def test_any_framing_and_any_chunking_give_the_same_events(events, seed):
    dice = random.Random(seed)
    ends = dice.choice(["\n", "\r\n", "\r", None])
    body = framed(events, dice, ends)
    expected = [(name or "message", "\n".join(lines), name is not None) for name, lines in events]
    assert told(fed(body)) == expected
    places = sorted(dice.randrange(len(body) + 1) for _ in range(dice.randrange(8)))
    chunks = [body[start:stop] for start, stop in zip([0, *places], [*places, len(body)], strict=True)]
    assert told(fed(*chunks)) == expected
    assert told(decode_events(body)) == expected


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers())
def test_no_bytes_stop_the_reader(body, seed):
    dice = random.Random(seed)
    places = sorted(dice.randrange(len(body) + 1) for _ in range(4))
    chunks = [body[start:stop] for start, stop in zip([0, *places], [*places, len(body)], strict=True)]
    whole = [(event.name, event.data, event.whole, event.clean) for event in fed(body)]
    assert [(event.name, event.data, event.whole, event.clean) for event in fed(*chunks)] == whole
    assert all(isinstance(json.dumps(event.json), str) for event in fed(body))
