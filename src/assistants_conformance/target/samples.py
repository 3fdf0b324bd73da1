"""Small, valid files of every type that the tools take, made on the spot: no binary file lies in the repository."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_OFFICE = "application/vnd.openxmlformats-officedocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# A GIF and a JPEG of one pixel; both formats need tables that are shorter written down than made.
_GIF = "474946383961010001008000000000ffffff21f90401000000002c00000000010001000002024401003b"
_JPEG = (
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a1c"
    "1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f00000105010101010101"
    "00000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221314106135161072271"
    "14328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465"
    "666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2"
    "d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd3ffd9"
)


def sample(extension: str, text: str = "conformance") -> bytes:
    """Return the bytes of a file of a type; wherever the type has room for it, they contain the text.

    Args:
        extension: with its dot, in lower case, as in `schemas/file_types.json`.
        text: letters, digits and hyphens.

    Raises:
        KeyError: there is no sample of that type.
    """
    return _MAKERS[extension](text)


def _lines(form: str) -> Callable[[str], bytes]:
    return lambda text: form.replace("TEXT", text).encode()


def _zip(members: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            # Without the time of day: what is the same must be the same to the byte.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _tar(text: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        content = f"{text}\n".encode()
        member = tarfile.TarInfo("note.txt")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def _office(
    main: str, kind: str, parts: Mapping[str, tuple[str, str]], links: Mapping[str, str] | None = None
) -> bytes:
    """Return an Office package: `parts` are content type and XML by path, `links` the relations of the main part."""
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="{_OFFICE}.{own}+xml"/>' for path, (own, _) in parts.items()
    )
    members = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": _related({main: "officeDocument"}),
    }
    members |= {path: _XML + content for path, (_, content) in parts.items()}
    if links:
        members[f"{kind}/_rels/{main.rpartition('/')[2]}.rels"] = _related(links)
    return _zip(members)


def _related(targets: Mapping[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(targets.items(), 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _docx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    return _office("word/document.xml", "word", {"word/document.xml": ("wordprocessingml.document.main", body)})


def _xlsx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = (
        f'<workbook xmlns="{space}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    cell = f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c>'
    sheet = f'<worksheet xmlns="{space}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
    parts = {
        "xl/workbook.xml": ("spreadsheetml.sheet.main", book),
        "xl/worksheets/sheet1.xml": ("spreadsheetml.worksheet", sheet),
    }
    return _office("xl/workbook.xml", "xl", parts, {"worksheets/sheet1.xml": "worksheet"})


def _pptx(text: str) -> bytes:
    spaces = (
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{_RELATIONS}"'
    )
    deck = (
        f'<p:presentation {spaces}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst>'
        '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
    )
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
        f"<p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    slide = f"<p:sld {spaces}><p:cSld><p:spTree>{group}{shape}</p:spTree></p:cSld></p:sld>"
    parts = {
        "ppt/presentation.xml": ("presentationml.presentation.main", deck),
        "ppt/slides/slide1.xml": ("presentationml.slide", slide),
    }
    return _office("ppt/presentation.xml", "ppt", parts, {"slides/slide1.xml": "slide"})


def _pdf(text: str) -> bytes:
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET"
    fonts = "<< /Font << /F1 5 0 R >> >>"
    bodies = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources {fonts} >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    made, places = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{body}\nendobj\n"
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(bodies) + 1
    made += f"xref\n0 {count}\n0000000000 65535 f \n{rows}trailer\n<< /Size {count} /Root 1 0 R >>\n"
    return f"{made}startxref\n{made.index('xref')}\n%%EOF\n".encode("ascii")


def _png(text: str) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    note = chunk(b"tEXt", b"Comment\x00" + text.encode("ascii"))
    return b"\x89PNG\r\n\x1a\n" + head + note + chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")) + chunk(b"IEND", b"")


def _jpeg(text: str) -> bytes:
    data, note = bytes.fromhex(_JPEG), text.encode("ascii")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note + data[2:]


def _gif(text: str) -> bytes:
    data, note = bytes.fromhex(_GIF), text.encode("ascii")[:255]
    return data[:-1] + b"\x21\xfe" + bytes([len(note)]) + note + b"\x00" + data[-1:]


_PYTHON = _lines('"""TEXT"""\n\nprint("TEXT")\n')

_MAKERS: dict[str, Callable[[str], bytes]] = {
    ".c": _lines('#include <stdio.h>\n\nint main(void) {\n    puts("TEXT");\n    return 0;\n}\n'),
    ".cpp": _lines('#include <iostream>\n\nint main() {\n    std::cout << "TEXT\\n";\n}\n'),
    ".cs": _lines('System.Console.WriteLine("TEXT");\n'),
    ".css": _lines("/* TEXT */\nbody { color: #222; }\n"),
    ".csv": _lines("name,value\nTEXT,1\nother,2\n"),
    # A word processor opens rich text under this extension; the older binary form would say no more here.
    ".doc": _lines(r"{\rtf1\ansi TEXT\par}" + "\n"),
    ".docx": _docx,
    ".gif": _gif,
    ".html": _lines("<!DOCTYPE html>\n<html><head><title>TEXT</title></head><body><p>TEXT</p></body></html>\n"),
    ".java": _lines(
        'class Main {\n    public static void main(String[] args) {\n        System.out.println("TEXT");\n    }\n}\n'
    ),
    ".jpeg": _jpeg,
    ".jpg": _jpeg,
    ".js": _lines('console.log("TEXT");\n'),
    ".json": lambda text: json.dumps({"name": text, "values": [1, 2, 3]}).encode(),
    ".md": _lines("# TEXT\n\nA paragraph.\n"),
    ".pdf": _pdf,
    ".php": _lines('<?php\necho "TEXT\\n";\n'),
    ".png": _png,
    ".pptx": _pptx,
    ".py": _PYTHON,
    ".rb": _lines('puts "TEXT"\n'),
    ".sh": _lines('#!/bin/sh\necho "TEXT"\n'),
    ".tar": _tar,
    ".tex": _lines("\\documentclass{article}\n\\begin{document}\nTEXT\n\\end{document}\n"),
    ".ts": _lines('const text: string = "TEXT";\nconsole.log(text);\n'),
    ".txt": _lines("TEXT\nThe second line.\n"),
    ".xlsx": _xlsx,
    ".xml": _lines('<?xml version="1.0" encoding="UTF-8"?>\n<note>TEXT</note>\n'),
    ".zip": lambda text: _zip({"note.txt": f"{text}\n"}),
}
