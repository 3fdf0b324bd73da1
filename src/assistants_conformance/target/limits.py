"""How much of a target's answer is taken in. No answer of the API comes near; whoever sends more is left there."""

from __future__ import annotations

MIB = 1024 * 1024

#: Bytes of one answer, unpacked. A page of a hundred objects with long instructions has a few; a run says less.
LONGEST = 16 * MIB
#: Events of one stream. A delta is a token at least, and no run of a scenario writes so many.
MOST_EVENTS = 50_000
#: Values and lines in one answer, told by the signs that part them. As objects of Python they take far more.
MOST_VALUES = 1_000_000
#: Bytes on the wire before the head of an answer is through, all answers of the kind 1xx included. Servers and clients
#: take heads of 8 to 100 KiB; a flood of 1xx answers has no other end.
LONGEST_HEAD = MIB // 4
#: Bytes that one step of unpacking may give: what a small piece can grow to is bounded before it grows.
UNPACKED_AT_ONCE = MIB // 4
#: Bytes that the heavy answers of one scenario may take in memory, as estimated by `weight`; all of them are alive
#: until it ends. The whole suite is to stay below 400 MiB.
HEAVIEST_SCENARIO = 64 * MIB
#: An answer below this weight is not counted: thousands of them are nothing.
HEAVY = MIB
#: A sending of so many bytes has a second more for its answer's head: 64 KiB a second is the slowest line.
SLOWEST_LINE = 64 * 1024


#: Seconds that a connection nobody uses is kept. Common servers drop one after 5; a request that is sent at that moment
#: gets no answer, and the target is not to blame.
IDLE_CONNECTION = 2.0
#: Requests in a row that get no answer, after which a target is held for gone: each further one would cost its timeout.
SILENT_FOR_GOOD = 12
#: Seconds after which one more request is tried all the same.
TRY_AGAIN = 60.0


def weight(size: int, values: int, *, plain: bool) -> int:
    """Return about how many bytes an answer takes once it is read: as bytes, as text, as values.

    Args:
        size: its bytes.
        values: its values.
        plain: it is ASCII, of which a letter takes one byte; else one odd sign makes every letter of a text take four.
    """
    return size * (2 if plain else 5) + 100 * values
