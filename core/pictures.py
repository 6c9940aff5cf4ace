"""Pictures that somebody sends: looked at before they are decoded, and made anew, so that nothing of the sent file is kept."""

import hashlib
import io
import threading
from dataclasses import dataclass
from typing import IO, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from PIL import Image

from core.picture_alone import CutShort, carries_more
from core.refusal import Refusal

Image.MAX_IMAGE_PIXELS = None  # the library only warns, and only in between: here the size is judged before it decodes
QUALITY = 85
SIDEWAYS = {  # the EXIF orientation, and what puts the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90}
ORIENTATION = 0x0112
PHONES_OWN = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
NAMED = {"jpg": "JPEG", "jpeg": "JPEG", "jpe": "JPEG", "jfif": "JPEG", "png": "PNG", "webp": "WebP"}
NO_PICTURES = frozenset((
    "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "svg", "pdf", "html", "htm", "php", "js", "exe", "dll", "jar", "zip",
    "rar", "7z", "doc", "docx", "txt", "mp4", "mov"))
TYPED = {"image/jpeg": "JPEG", "image/jpg": "JPEG", "image/pjpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP"}
SAYS_NOTHING = ("", "application/octet-stream")
_one_at_a_time = threading.Lock()  # a decoded picture is large; a crowd of them must not be


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file in bytes, the largest picture in pixels, the least that its shorter side may have, and to how many
    pixels the longer one is brought down."""

    most_bytes: int
    most_pixels: int
    least_side: int = 600
    size: int = 2000


@dataclass(frozen=True, slots=True)
class Label:
    """What a file was sent as: its name and its type (`image/jpeg`), as far as either says anything. Neither is kept."""

    name: str = ""
    mime: str = ""

    @property
    def kinds(self) -> set[str]:
        """The kinds that they say: JPEG, PNG, WebP, or another one as it was written."""
        said, ending = set(), self.name.rpartition(".")[2].lower() if "." in self.name else ""
        if ending in NAMED:
            said.add(NAMED[ending])
        elif ending in NO_PICTURES:
            said.add(ending.upper())
        mime = self.mime.partition(";")[0].strip().lower()
        if mime not in SAYS_NOTHING:
            said.add(TYPED.get(mime, mime[:40]))
        return said


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean picture: a JPEG without anything but its pixels, and the SHA-256 of that."""

    jpeg: bytes
    width: int
    height: int
    sha256: str


class PictureRefused(Refusal):
    """A file that is not taken as a picture."""

    code, status = "picture_refused", 422
    says = _l("We cannot take this file as a picture.")
    remedy = _l("Take the photo again, and send it as JPEG, PNG or WebP.")


class NoFile(PictureRefused):
    code = "no_file"
    says = _l("There is no picture in it: the file is empty.")
    remedy = _l("Choose the photo again.")


class TooHeavy(PictureRefused):
    code, status = "too_heavy", 413

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self.says = _("This file is larger than %(most)d MB.", most=most_bytes // 1_000_000)
        self.remedy = _("Send a photo of a smaller size. Most phones offer “medium” or “large” when you share one.")


class NotAPicture(PictureRefused):
    code = "not_a_picture"
    says = _l("This file is no photo, whatever its name says.")
    remedy = _l("Take a photo, and send it as JPEG, PNG or WebP.")


class Mislabelled(PictureRefused):
    code = "mislabelled"

    def __init__(self, said: str, kind: str) -> None:
        super().__init__()
        self.says = _("This file says that it is %(said)s, and it is %(kind)s.", said=said, kind=kind)
        self.remedy = _("Take the photo again, or save it anew as %(kind)s and let its name end in .%(ending)s.", kind=kind,
                        ending={"JPEG": "jpg"}.get(kind, kind.lower()))


class TwoThings(PictureRefused):
    code = "two_things"
    says = _l("This file is a picture with something of another kind in it or behind it.")
    remedy = _l("Take the photo again, or open this one, save it anew as JPEG, and send that.")


class FromPhone(PictureRefused):
    code = "phones_own_format"
    says = _l("This photo is in a format (HEIC or AVIF) that only some devices can show.")
    remedy = _l("On an iPhone: Settings, Camera, Formats, “Most Compatible”, then take it again. Or send a screenshot of it.")


class Moving(PictureRefused):
    code = "moving"
    says = _l("This is a moving picture or an album of several.")
    remedy = _l("Send a single photo.")


class TooManyPixels(PictureRefused):
    code = "too_many_pixels"

    def __init__(self, width: int, height: int, most: int) -> None:
        super().__init__(pixels=width * height)
        self.says = _("This picture has %(width)d × %(height)d pixels, which is more than the %(most)d megapixels we open.",
                      width=width, height=height, most=most // 1_000_000)
        self.remedy = _("Choose a lower resolution in your camera, or send a screenshot of the photo.")


class TooFewPixels(PictureRefused):
    code = "too_few_pixels"

    def __init__(self, width: int, height: int, least: int) -> None:
        super().__init__(pixels=width * height)
        self.says = _("This picture has %(width)d × %(height)d pixels: too few to read what is on it.", width=width,
                      height=height)
        self.remedy = _("Send one with at least %(least)d pixels on its shorter side: the photo itself, no preview of it.",
                        least=least)


class Broken(PictureRefused):
    code = "broken"
    says = _l("This picture is damaged, or only a part of it arrived.")
    remedy = _l("Send it again. If that does not help, take a new one.")


def clean_picture(stream: IO[bytes], *, limits: Limits, label: Label | None = None) -> Picture:
    """Make a clean picture of what was sent: upright, at most `limits.size` pixels long, with nothing of the file in it but
    what one sees. A file that is anything besides, or something else than its `label` says, is refused as a whole. Raises a
    PictureRefused that says why and what to do."""
    sent = stream.read(limits.most_bytes + 1)
    if not sent:
        raise NoFile()
    if len(sent) > limits.most_bytes:
        raise TooHeavy(limits.most_bytes)
    kind = _kind_of(sent)
    size = _size_in_header(kind, sent)
    if size is not None:
        _judge_size(*size, limits)
    _judge_label(kind, label or Label())
    _judge_alone(kind, sent)
    with _one_at_a_time:
        return _made_anew(kind, sent, limits)


def _kind_of(sent: bytes) -> str:
    """By its first bytes, never by its name."""
    if sent.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if sent.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if sent[:4] == b"RIFF" and sent[8:12] == b"WEBP":
        return "WEBP"
    if sent[4:8] == b"ftyp" and sent[8:12] in PHONES_OWN:
        raise FromPhone()
    raise NotAPicture()


def _size_in_header(kind: str, sent: bytes) -> tuple[int, int] | None:
    """Width and height as the header says, for the formats that the library makes room for when it only opens them."""
    if kind == "PNG":
        if len(sent) < 33 or sent[12:16] != b"IHDR":
            raise Broken()
        return int.from_bytes(sent[16:20]), int.from_bytes(sent[20:24])
    if kind == "WEBP":
        return _size_of_webp(sent)
    return None


def _size_of_webp(sent: bytes) -> tuple[int, int]:
    form = sent[12:16]
    if len(sent) < 30:
        raise Broken()
    if form == b"VP8X":
        if sent[20] & 0x02:
            raise Moving()
        return 1 + int.from_bytes(sent[24:27], "little"), 1 + int.from_bytes(sent[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(sent[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        return int.from_bytes(sent[26:28], "little") & 0x3FFF, int.from_bytes(sent[28:30], "little") & 0x3FFF
    raise Broken()


def _judge_size(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.most_pixels:
        raise TooManyPixels(width, height, limits.most_pixels)
    if min(width, height) < limits.least_side:
        raise TooFewPixels(width, height, limits.least_side)


def _judge_label(kind: str, label: Label) -> None:
    is_a = {"WEBP": "WebP"}.get(kind, kind)
    for said in sorted(label.kinds - {is_a}):
        raise Mislabelled(said, is_a)


def _judge_alone(kind: str, sent: bytes) -> None:
    try:
        more = carries_more(kind, sent)
    except CutShort as error:
        raise Broken() from error
    if more:
        raise TwoThings()


def _made_anew(kind: str, sent: bytes, limits: Limits) -> Picture:
    try:
        with Image.open(io.BytesIO(sent), formats=[kind]) as opened:
            _judge_size(*opened.size, limits)
            return _written(_upright(opened, limits.size))
    except PictureRefused:
        raise
    except Exception as error:  # a decoder at a hostile door fails in many ways; each of them is the file's fault
        raise Broken() from error


def _upright(opened: Image.Image, size: int) -> Image.Image:
    turn = SIDEWAYS.get(_orientation(opened))
    opened.draft("RGB", (size, size))  # a large JPEG is decoded at a half, a quarter or an eighth
    opened.load()
    plain = _without_alpha(opened)
    plain.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return plain.transpose(turn) if turn is not None else plain


def _without_alpha(opened: Image.Image) -> Image.Image:
    """In plain red, green and blue; what one could see through is white."""
    if opened.mode == "RGB":
        return opened.copy()
    if "A" not in opened.mode and "transparency" not in opened.info:
        return opened.convert("RGB")
    seen = opened.convert("RGBA")
    plain = Image.new("RGB", seen.size, "white")
    plain.paste(seen, mask=seen.getchannel("A"))
    return plain


def _orientation(opened: Image.Image) -> Any:
    """As the camera noted it; none where the note cannot be read."""
    try:
        return opened.getexif().get(ORIENTATION)
    except Exception:  # notes are no part of the picture: it is taken without them
        return None


def _written(plain: Image.Image) -> Picture:
    plain.info.clear()  # else the library writes some of what it read: a comment, say
    width, height = plain.size
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY)
    jpeg = out.getvalue()
    return Picture(jpeg, width, height, hashlib.sha256(jpeg).hexdigest())
