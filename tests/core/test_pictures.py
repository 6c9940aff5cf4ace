"""Pictures that somebody sends: what is none, or more than one, is refused; of one only what one sees is kept."""

import io
import random
import struct
import time
import zipfile
import zlib
from functools import lru_cache

import pytest
from PIL import Image, ImageCms

from core.pictures import (
    Broken,
    FromPhone,
    Label,
    Limits,
    Mislabelled,
    Moving,
    NoFile,
    NotAPicture,
    PictureRefused,
    TooFewPixels,
    TooHeavy,
    TooManyPixels,
    TwoThings,
    clean_picture,
)

pytestmark = pytest.mark.one_database
LIMITS = Limits(most_bytes=1_000_000, most_pixels=25_000_000)
MARK = b"<script>alert(1)</script>"
KINDS = ("JPEG", "PNG", "WEBP")


def _photo(kind="JPEG", width=800, height=600, mode="RGB", **saved):
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(out, kind, **saved)
    return out.getvalue()


def _png(width, height, pixels=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")


def _zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Main.class", MARK)
    return out.getvalue()


def _clean(sent, limits=LIMITS):
    return clean_picture(io.BytesIO(sent), limits=limits)


@pytest.fixture(autouse=True)
def _words(app):
    """Refusals speak in somebody's language."""
    with app.test_request_context():
        yield


@pytest.mark.parametrize(("sent", "refusal"), [
    (b"", NoFile), (b"x" * 1_000_001, TooHeavy), (b"hello", NotAPicture), (b"%PDF-1.7\n" + MARK, NotAPicture),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", NotAPicture), (b"<html>" + MARK, NotAPicture),
    (b"GIF89a" + MARK, NotAPicture), (_zip(), NotAPicture), (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", FromPhone),
    (b"\0\0\0\x1cftypavif\0\0\0\0", FromPhone), (_photo()[:-2000], Broken), (b"\xff\xd8\xff\xe0" + b"x" * 40, Broken),
    (_photo("PNG")[:200], Broken), (b"\x89PNG\r\n\x1a\n" + MARK, Broken), (b"RIFF\0\0\0\0WEBPVP8 ", Broken),
    (_photo(width=599), TooFewPixels), (_photo("WEBP", height=200), TooFewPixels),
])
def test_what_is_no_picture_of_use_is_refused_with_what_to_do(sent, refusal):
    with pytest.raises(refusal) as no:
        _clean(sent)
    assert type(no.value) is refusal
    assert len(str(no.value.says)) > 20
    assert len(str(no.value.remedy)) > 20


@pytest.mark.check("bomb")
def test_a_picture_of_169_megapixels_in_22_kilobytes_is_refused_before_it_is_decoded(monkeypatch):
    sent = _png(13_000, 13_000, bytes(1626 * 13_000))
    assert len(sent) < 30_000
    monkeypatch.setattr(Image, "open", pytest.fail)
    began = time.process_time()
    with pytest.raises(TooManyPixels):
        _clean(sent)
    assert time.process_time() - began < 0.05
    for huge in (_webp_header(b"VP8X", b"\0\0\0\0" + (12_999).to_bytes(3, "little") * 2),
                 _webp_header(b"VP8L", b"\x2f" + (12_999 | 12_999 << 14).to_bytes(4, "little") + bytes(8)),
                 _webp_header(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + (13_000).to_bytes(2, "little") * 2 + bytes(8))):
        with pytest.raises(TooManyPixels):
            _clean(huge)


def _webp_header(form, body):
    return b"RIFF\xff\0\0\0WEBP" + form + len(body).to_bytes(4, "little") + body + bytes(10)


@pytest.mark.check("bomb")
def test_a_jpeg_whose_header_promises_too_much_is_refused_before_it_is_decoded(monkeypatch):
    sent = bytearray(_photo())
    at = sent.index(b"\xff\xc0")
    sent[at + 5:at + 9] = struct.pack(">HH", 13_000, 13_000)
    monkeypatch.setattr(Image.Image, "load", pytest.fail)
    with pytest.raises(TooManyPixels):
        _clean(bytes(sent))


def test_moving_pictures_are_refused():
    frames = [Image.new("RGB", (800, 600), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(Moving):
        _clean(out.getvalue())


def _noted(jpeg, notes, marker=b"\xff\xe1"):
    """With a part of notes, right after the beginning."""
    return jpeg[:2] + marker + struct.pack(">H", len(notes) + 2) + notes + jpeg[2:]


def _png_part(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _film(*boxes):
    return b"".join(struct.pack(">I", 8 + len(data)) + kind + data for kind, data in ((b"ftyp", b"mp42"), *boxes))


_OTHERS = {"script": MARK, "html": b"<HTML >", "svg": b"<svg xmlns='x'>", "php": b"<?php x()", "pdf": b"%PDF-1.7\n",
           "gif": b"GIF89a\1\0", "elf": b"\x7fELF\2\1", "rar": b"Rar!\x1a\7\0", "7z": b"7z\xbc\xaf\x27\x1c", "zip": _zip(),
           "exe": b"MZ\x90\0This program cannot be run in DOS mode", "wide script": "<script>".encode("utf-16-le")}


@pytest.mark.parametrize("other", _OTHERS.values(), ids=_OTHERS)
@pytest.mark.check("polyglot")
def test_a_picture_with_something_else_in_it_or_behind_it_is_refused_as_a_whole(other):
    """Where: behind the end of each kind, behind what a phone writes there, in a comment, in notes, in an unknown part."""
    png = _photo("PNG")
    webp = _photo("WEBP") + b"XTRA" + struct.pack("<I", len(other)) + other + b"\0" * (len(other) % 2)
    for sent in (*(_photo(kind) + other for kind in KINDS), _photo() + b"\0" * 64 + other, _photo() + _photo(width=300) + other,
                 _photo() + other + b"SEFT", _photo() + _film((b"free", other)), _photo() + _film() + other,
                 _photo()[:-2] + b"\xff\xfe" + struct.pack(">H", len(other) + 2) + other + b"\xff\xd9",
                 _photo(comment=other), _noted(_photo(), b"Exif\0\0" + other), _noted(_photo(), other, b"\xff\xef"),
                 png[:33] + _png_part(b"tEXt", b"Comment\0" + other) + png[33:],
                 png[:33] + _png_part(b"xxAb", other) + png[33:],
                 webp[:4] + struct.pack("<I", len(webp) - 8) + webp[8:]):
        with pytest.raises(TwoThings):
            _clean(sent)


@pytest.mark.parametrize("behind", [
    b"\0" * 4000, _photo(width=300, height=200),
    b"\0\0" + _photo(width=300) + _film((b"mdat", b"PK\3\4 by chance")),
    _film((b"moov", b"\0" * 30), (b"mdat", bytes(range(256)))),
    b"\0\0\1\x0aMotionPhoto_Data" + _film() + b"SEFH\0\0\0\0SEFT",
    b"any bytes"])
def test_what_phones_write_behind_their_photos_passes_and_is_not_kept_and_nothing_else_does(behind):
    if behind == b"any bytes":
        with pytest.raises(TwoThings):
            _clean(_photo() + behind)
    else:
        assert behind[-60:] not in _clean(_photo() + behind).jpeg


@pytest.mark.parametrize("label", [Label("a.jpg", "image/jpeg"), Label("a.JPG"), Label("", "image/jpeg"), Label("a.pdf"),
                                   Label("a.jpg.exe", "image/png"), Label("a.png", "text/html; charset=x")])
@pytest.mark.check("polyglot")
def test_a_file_that_is_something_else_than_its_name_or_type_says_is_refused_with_both(label):
    with pytest.raises(Mislabelled, match="mislabelled") as no:
        clean_picture(io.BytesIO(_photo("PNG")), limits=LIMITS, label=label)
    assert "and it is PNG" in str(no.value.says)
    assert "save it anew as PNG" in str(no.value.remedy)


@pytest.mark.parametrize("label", [None, Label(), Label("photo"), Label("IMG.2041", "application/octet-stream"),
                                   Label("A.PNG", "image/png"), Label("", "image/png")])
def test_a_label_that_fits_or_says_nothing_is_no_hindrance(label):
    assert clean_picture(io.BytesIO(_photo("PNG")), limits=LIMITS, label=label).width == 800


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.check("exif")
def test_where_and_with_what_it_was_taken_is_not_kept(kind):
    notes = Image.Exif()
    notes[0x010F], notes[0x8298] = "MakerOfPhones", "Copyright Ada"
    notes.get_ifd(0x8825).update({1: "N", 2: (41.0, 52.0, 57.0), 3: "W", 4: (87.0, 37.0, 39.0)})
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = _photo(kind, exif=notes, icc_profile=icc)
    assert b"MakerOfPhones" in sent
    kept = _clean(sent).jpeg
    with Image.open(io.BytesIO(kept)) as opened:
        assert not opened.getexif()
        assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(trace in kept for trace in (b"Exif", b"MakerOfPhones", b"Ada", b"ICC_PROFILE", b"http://ns.adobe.com"))


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_picture_taken_sideways_stands_upright(turned):
    upright = Image.new("RGB", (900, 700), "white")
    upright.paste("red", (0, 0, 300, 300))  # in the corner at the top left
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    lying = upright if turned == 1 else upright.transpose(Image.Transpose(undo[turned]))
    notes, out = Image.Exif(), io.BytesIO()
    notes[0x0112] = turned
    lying.save(out, "JPEG", exif=notes)
    picture = _clean(out.getvalue())
    assert (picture.width, picture.height) == (900, 700)
    with Image.open(io.BytesIO(picture.jpeg)) as opened:
        red, green, _blue = opened.getpixel((100, 100))
    assert red > 200 > 60 > green


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"),
                                            ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGBA")])
def test_every_kind_of_colour_comes_out_plain_and_no_larger_than_we_keep(kind, mode):
    picture = _clean(_photo(kind, 3000, 1500, mode) if mode != "I;16" else _photo(kind, 3000, 1500, "L"))
    assert (picture.width, picture.height) == (2000, 1000)
    with Image.open(io.BytesIO(picture.jpeg)) as opened:
        assert (opened.format, opened.mode) == ("JPEG", "RGB")


_plain = lru_cache(_photo)


def hostile(seed):
    """One file that is damaged, mislabelled, two things at once, or too much: the same for the same seed."""
    dice = random.Random(seed)
    sent = bytearray(_plain(dice.choice(KINDS), dice.choice((50, 700, 900, 1300)), dice.choice((50, 650, 700))))
    how, is_jpeg = dice.choice(("cut", "flip", "swap", "noise", "front", "behind", "label", "length")), sent[0] == 0xFF
    if how == "cut":
        del sent[dice.randrange(len(sent)):]
    elif how == "flip" and is_jpeg:  # where it shows: a pixel of another colour is a picture still
        at = dice.randrange(len(sent) // 2, len(sent) - 2)
        sent[at:at + 2] = b"\xff\x02"
    elif how == "flip":
        for _ in range(dice.randrange(1, 200)):
            sent[dice.randrange(len(sent))] = dice.randrange(256)
    elif how == "swap":
        a, b = sorted(dice.randrange(len(sent)) for _ in range(2))
        sent = sent[b:] + sent[a:b] + sent[:a]
    elif how == "noise":
        sent = sent[:dice.choice((4, 12, 30))] + dice.randbytes(dice.randrange(5000))
    elif how == "front":
        sent = bytearray(dice.choice((b"GIF89a", b"%PDF-1.7", b"<html>", b"PK\x03\x04", b"\0"))) + sent
    elif how == "behind":
        sent += dice.choice((MARK, _zip(), b"%PDF-1.7" + MARK))
    elif how == "label":
        sent = bytearray(dice.choice((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"))) + sent
    else:
        at = dice.randrange(6 if is_jpeg else min(len(sent), 64))
        sent[at:at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
    return bytes(sent)


@pytest.mark.check("polyglot")
def test_two_hundred_hostile_files_are_refused_each_with_words_and_none_crashes():
    for seed in range(200):
        with pytest.raises(PictureRefused) as no:
            _clean(hostile(seed))
        assert str(no.value.says)
        assert str(no.value.remedy)
