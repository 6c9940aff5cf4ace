"""Whether a file that begins as a picture is that picture and nothing else: its parts are walked, none of them is decoded.

Looked through for marks of other kinds of files: everything but the compressed pixels, so notes, colour profiles, previews,
parts we do not know, and what follows the end. Behind the end of a JPEG only what phones write there may stand: more JPEGs (an
album of a camera, a map of brightness), the film of a “motion photo” (MP4), and the table that Samsung ends it with. Behind a
PNG or a WebP nothing may stand but empty bytes.
"""

import re
import zlib
from collections.abc import Iterator

MARKS = re.compile(
    rb"<script|<html[\s>]|<!doctype|<svg[\s>]|<iframe|<\?php|%PDF-|GIF8[79]a|PK(?:\x03\x04|\x05\x06)|\x7fELF|Rar!\x1a\x07"
    rb"|7z\xbc\xaf\x27\x1c|This program cannot be run in DOS mode|<\0s\0c\0r\0i\0p\0t|<\0h\0t\0m\0l|<\0s\0v\0g", re.IGNORECASE)
LONG_MARKS = re.compile(  # of those, what no film has by chance: they are looked for in what is compressed, too
    rb"<script[\s>]|<!doctype|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|This program cannot be run in DOS mode", re.IGNORECASE)
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
END, SCAN, STANDS_ALONE = 0xD9, 0xDA, frozenset({0x01, *range(0xD0, 0xD8)})
MOST_PICTURES = 8  # that one JPEG may have behind it
PADDING = b"\0 \r\n"
PIXELS = {"PNG": frozenset({b"IDAT", b"PLTE", b"tRNS", b"fdAT"}), "WEBP": frozenset({b"VP8 ", b"VP8L", b"ALPH"})}


class CutShort(ValueError):
    """Its parts do not follow each other as they have to."""


def carries_more(kind: str, sent: bytes) -> bool:
    """Whether there is anything else in it or behind it. `kind`: JPEG, PNG or WEBP. Raises CutShort."""
    if LONG_MARKS.search(sent):
        return True
    if kind == "JPEG":
        return _jpeg_carries_more(sent)
    parts, end = (_png_parts(sent) if kind == "PNG" else _webp_parts(sent))
    return bool(sent[end:].strip(b"\0")) or any(MARKS.search(part) for part in parts)


def _jpeg_carries_more(sent: bytes) -> bool:
    at = 0
    for _nth in range(MOST_PICTURES):
        end = _end_of_jpeg(sent, at)
        if end is None:
            return True
        rest = sent[end:]
        at = len(sent) - len(rest.lstrip(PADDING))
        if at == len(sent):
            return False
        if not sent.startswith(b"\xff\xd8\xff", at):
            return not _is_of_a_phone(rest)
    return True


def _end_of_jpeg(sent: bytes, at: int) -> int | None:
    """Where the JPEG that begins here ends; None when one of its parts is something else. Raises CutShort."""
    at += 2
    while True:
        marker, at = _marker(sent, at)
        if marker == END:
            return at
        if marker in STANDS_ALONE:
            continue
        if marker < 0xC0:  # reserved: no encoder writes one
            raise CutShort()
        length = int.from_bytes(sent[at:at + 2])
        if length < 2 or at + length > len(sent):
            raise CutShort()
        if MARKS.search(sent, at, at + length):
            return None
        at += length
        if marker == SCAN:
            found = NEXT_MARKER.search(sent, at)
            if found is None:
                raise CutShort()
            at = found.start()


def _marker(sent: bytes, at: int) -> tuple[int, int]:
    """The marker that stands here, and what comes after it; it may be filled up with 0xff before."""
    start = at
    while sent[at:at + 1] == b"\xff":
        at += 1
    if at == start or at >= len(sent):
        raise CutShort()
    return sent[at], at + 1


def _is_of_a_phone(rest: bytes) -> bool:
    """Whether what follows the last JPEG is a film of whole boxes, or ends as Samsung ends it."""
    if rest.endswith(b"SEFT"):
        return MARKS.search(rest) is None
    begins = rest.find(b"ftyp") - 4
    return begins >= 0 and not rest[:begins].strip(PADDING) and _is_film(rest[begins:])


def _is_film(rest: bytes) -> bool:
    """Boxes of MP4 from its first byte to its last; what stands outside of the film's own data is looked through."""
    at = 0
    while at < len(rest):
        size, kind = int.from_bytes(rest[at:at + 4]), rest[at + 4:at + 8]
        if size == 1:  # a large box has its length behind its name
            size = int.from_bytes(rest[at + 8:at + 16])
        if size < 8 or at + size > len(rest) or (kind != b"mdat" and MARKS.search(rest, at, at + size)):
            return False
        at += size
    return True


def _png_parts(sent: bytes) -> tuple[list[bytes], int]:
    """What is no pixel of it, and where it ends. Raises CutShort."""
    parts, at = [], 8
    while True:
        length, kind = int.from_bytes(sent[at:at + 4]), sent[at + 4:at + 8]
        if len(kind) < 4 or at + 12 + length > len(sent):
            raise CutShort()
        if kind not in PIXELS["PNG"]:
            parts.append(sent[at + 4:at + 8 + length])
        if zlib.crc32(sent[at + 4:at + 8 + length]) != int.from_bytes(sent[at + 8 + length:at + 12 + length]):
            raise CutShort()
        at += 12 + length
        if kind == b"IEND":
            return parts, at


def _webp_parts(sent: bytes) -> tuple[list[bytes], int]:
    """As for PNG; the length in its head says where it ends."""
    end = 8 + int.from_bytes(sent[4:8], "little")
    if end > len(sent):
        raise CutShort()
    return list(_chunks_of_webp(sent, end)), end


def _chunks_of_webp(sent: bytes, end: int) -> Iterator[bytes]:
    at = 12
    while at < end:
        kind, length = sent[at:at + 4], int.from_bytes(sent[at + 4:at + 8], "little")
        if at + 8 + length > end:
            raise CutShort()
        if kind not in PIXELS["WEBP"]:
            yield sent[at:at + 8 + length]
        at += 8 + length + length % 2
