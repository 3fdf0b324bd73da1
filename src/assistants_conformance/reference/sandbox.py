"""What running code gives: the program, its log, a picture, a file. Nothing is executed."""

from __future__ import annotations

import math
import re
import struct
import zlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.reference.model import RunCode

_EQUATION = re.compile(r"(-?\d+)\s*\*?\s*([a-z])\s*([+-])\s*(\d+)\s*=\s*(-?\d+)")
_SUM = re.compile(r"(-?\d+)\s*([-+*/×])\s*(-?\d+)")
_DARK = re.compile(r"\bdark", re.IGNORECASE)
_WIDTH, _HEIGHT = 96, 64


@dataclass(frozen=True)
class Outcome:
    """The program that ran, its log (None: it printed nothing), the picture and the file that it left."""

    program: str
    log: str | None
    picture: bytes | None
    product: bytes | None


def run(action: RunCode, inputs: list[tuple[str, int]]) -> Outcome:
    """Return the outcome of code for a question. `inputs` are name and size of the files in the sandbox."""
    question = action.question
    answer = _solve(question)
    lines: list[str] = []
    log: str | None = None
    if answer is not None:
        lines += [f"answer = {answer}", "print(answer)"]
        log = f"{answer}\n"
    elif inputs:
        lines += [
            "import os",
            "",
            "for name in sorted(os.listdir('/mnt/data')):",
            "    print(name, os.path.getsize(name))",
        ]
        log = "".join(f"{name} {size}\n" for name, size in sorted(inputs))
    dark = bool(_DARK.search(question))
    if action.picture:
        lines += ["import numpy as np", "import matplotlib.pyplot as plt", ""]
        if dark:
            lines += ["plt.style.use('dark_background')"]
        lines += [
            "x = np.linspace(0, 4 * np.pi, 1000)",
            "y = np.sin(x)",
            f"plt.plot(x, y, color='{'cyan' if dark else 'blue'}')",
            "plt.grid(True)",
            "plt.show()",
        ]
    if action.product:
        lines += [f"with open('/mnt/data/{action.product}', 'w') as file:", "    file.write(table)"]
    if not lines:
        lines = ["print('done')"]
        log = "done\n"
    return Outcome(
        "\n".join(lines),
        log,
        picture(dark=dark) if action.picture else None,
        _product(action.product) if action.product else None,
    )


def _solve(question: str) -> str | None:
    if found := _EQUATION.search(question):
        factor, unknown, sign, offset, right = found.groups()
        if int(factor):
            shift = int(offset) if sign == "+" else -int(offset)
            return f"{unknown} = {Fraction(int(right) - shift, int(factor))}"
    if found := _SUM.search(question):
        left, right = int(found[1]), int(found[3])
        match found[2]:
            case "+":
                return str(left + right)
            case "-":
                return str(left - right)
            case "/":
                return str(Fraction(left, right)) if right else "division by zero"
            case _:
                return str(left * right)
    return None


def picture(*, dark: bool) -> bytes:
    """Return a PNG of a sine wave."""
    ground, line = (b"\x10\x10\x18", b"\x00\xe0\xe0") if dark else (b"\xff\xff\xff", b"\x1f\x4f\xd0")
    curve = [round((_HEIGHT - 1) * (1 - math.sin(4 * math.pi * x / _WIDTH)) / 2) for x in range(_WIDTH)]
    rows = b"".join(
        b"\x00" + b"".join(line if abs(curve[x] - y) <= 1 else ground for x in range(_WIDTH)) for y in range(_HEIGHT)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _product(name: str) -> bytes:
    rows = [("x", "sin(x)"), *((f"{x:.2f}", f"{math.sin(x):.4f}") for x in (step / 2 for step in range(13)))]
    if name.lower().endswith(".json"):
        return ("[" + ",".join(f'{{"x":{x},"y":{y}}}' for x, y in rows[1:]) + "]\n").encode()
    return "".join(f"{x},{y}\n" for x, y in rows).encode()
