"""Pictures that somebody sends: what is none is refused in words, and of what is one nothing is kept but what one sees."""

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
    Limits,
    Moving,
    NoFile,
    NotAPicture,
    PictureRefused,
    TooFewPixels,
    TooHeavy,
    TooManyPixels,
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
    (b"\0\0\0\x1cftypavif\0\0\0\0", FromPhone), (_photo()[:-2000], Broken), (b"\xff\xd8\xff\xe0" + MARK, Broken),
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


@pytest.mark.parametrize("polyglot", [
    _photo() + _zip(), _photo() + MARK, _photo("PNG") + _zip(), _photo("WEBP") + MARK, _photo(comment=MARK),
    _photo()[:2] + b"\xff\xe1" + struct.pack(">H", len(MARK) + 2) + MARK + _photo()[2:],
    _photo() + b"%PDF-1.7\n" + MARK, _photo("PNG", pnginfo=None) + b"<?php " + MARK,
])
@pytest.mark.check("polyglot")
def test_of_a_file_that_is_two_things_only_the_picture_is_kept(polyglot):
    kept = _clean(polyglot).jpeg
    assert kept != polyglot
    assert not any(trace in kept for trace in (MARK, b"PK\x03\x04", b"%PDF", b"<?php"))
    assert kept.endswith(b"\xff\xd9")
    assert not zipfile.is_zipfile(io.BytesIO(kept))


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
    how = dice.choice(("cut", "flip", "swap", "noise", "front", "behind", "label", "length"))
    if how == "cut":
        del sent[dice.randrange(len(sent)):]
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
        at = dice.randrange(min(len(sent), 64))
        sent[at:at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
    return bytes(sent)


@pytest.mark.check("polyglot")
def test_of_two_hundred_hostile_files_none_crashes_and_nothing_is_kept_of_any():
    kept, refused = {}, []
    for seed in range(200):
        sent = hostile(seed)
        try:
            kept[sent] = _clean(sent).jpeg
        except PictureRefused as no:
            refused.append(no)
    assert all(str(no.says) and str(no.remedy) for no in refused)
    assert len(refused) > 100
    assert len(kept) > 10  # pictures to look at, made anew
    for sent, jpeg in kept.items():
        assert jpeg not in (sent, b"")
        assert not any(trace in jpeg for trace in (MARK, b"PK\x03\x04", b"%PDF"))
