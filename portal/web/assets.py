"""Static files under an address that changes with their content, and the style sheets joined into one."""

import hashlib
import mimetypes
import re
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, send_from_directory
from markupsafe import Markup

from core.refusal import NotFound
from portal.web.page import ANYONE, page

bp = Blueprint("assets", __name__)
STATIC = Path(__file__).parents[2] / "static"
STYLE_SHEET = "css/roundtrip.css"
YEAR = 365 * 24 * 3600

mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/manifest+json", ".webmanifest")


def style_sheet() -> str:
    """Tokens, base and then each part, without comments and indentation."""
    parts = [STATIC / "css" / "tokens.css", STATIC / "css" / "base.css", *sorted((STATIC / "css" / "ui").glob("*.css"))]
    joined = "\n".join(part.read_text() for part in parts)
    joined = re.sub(r"/\*.*?\*/", "", joined, flags=re.S)
    return re.sub(r"\n\s*", "\n", joined).strip() + "\n"


def version_of(folder: Path) -> str:
    """A digest over every file of ours below the folder: one changed byte changes every address."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def install(app: Flask) -> None:
    """Make `asset()` known to templates."""
    app.extensions["assets"] = {"version": version_of(STATIC), "css": style_sheet()}
    app.register_blueprint(bp)
    app.jinja_env.globals["asset"] = asset


def asset(path: str) -> str:
    """The address of a static file, as it is now."""
    return f"/assets/{current_app.extensions['assets']['version']}/{path}"


@bp.get("/assets/<version>/<path:path>")
@page(who=ANYONE, exempt="style sheets, scripts and fonts are part of the page that asks for them")
def file(version: str, path: str) -> Response:
    """Send a static file; kept for a year when the address is the current one."""
    assets = current_app.extensions["assets"]
    if current_app.debug and path == STYLE_SHEET:
        assets["css"] = style_sheet()
    if path == STYLE_SHEET:
        response = Response(assets["css"], mimetype="text/css")
    else:
        response = send_from_directory(STATIC, path, conditional=True)
    response.cache_control.no_cache = None
    if version == assets["version"]:
        response.cache_control.public, response.cache_control.max_age = True, YEAR
        response.cache_control.immutable = True
    else:
        response.cache_control.max_age = 60
    return response


_symbols: dict[str, str] = {}


def symbol(name: str) -> Markup:
    """One drawing of the sprites, as an SVG <symbol>. Raises NotFound for a name that is not drawn."""
    if not _symbols:
        for sheet in ("cars.svg", "icons.svg"):
            text = (STATIC / "img" / sheet).read_text()
            _symbols.update({m[1]: m[0] for m in re.finditer(r'<symbol id="([^"]+)".*?</symbol>', text, re.S)})
    if name not in _symbols:
        raise NotFound(symbol=name)
    return Markup(_symbols[name])  # noqa: S704 - our own drawing from the repository
