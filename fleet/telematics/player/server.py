"""The player as a web application: its API, its pages, and the headers of both."""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response

from fleet.telematics.player import api, page
from fleet.telematics.player.running import Player
from fleet.telematics.player.store import Store

LARGEST_REQUEST = 4 * 1024 * 1024
LOCAL = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def create_player(store_path: Path, token: str, hosts: Sequence[str] = LOCAL) -> Flask:
    """The cars kept at `store_path`; the API asks for `token`, the pages answer under `hosts` only.

    Raises ValueError without a token. Whoever stops the player closes its `app.extensions["store"]`.
    """
    if not token:
        raise ValueError("the player needs a token: without one, anybody could unlock the cars")
    store = Store(store_path)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.extensions["store"] = store
    app.extensions["player"] = Player(store.load(), token, hosts)
    app.register_blueprint(api.bp)
    app.register_blueprint(page.bp)
    app.after_request(with_headers)
    return app


def with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
