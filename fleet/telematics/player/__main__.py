"""Run the player: `python -m fleet.telematics.player --port 8001 --store PATH`."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from fleet.telematics.player.server import LOCAL, create_player
from fleet.telematics.player.store import Store


class Handler(WSGIRequestHandler):
    """Answers leave at once, not (Nagle's way) when the other side has acknowledged the headers."""

    disable_nagle_algorithm = True
    timeout = 60  # seconds that an idle connection is kept


def main() -> None:
    """Play the cars until SIGTERM or SIGINT. Every connection has a thread: a slow car holds up nobody."""
    asked = arguments()
    token = os.environ.get(asked.token_env, "")
    if not token:
        sys.exit(f"The car player does not start: set {asked.token_env} to the token that the portal sends.")
    app = create_player(asked.store, token, hosts=(*LOCAL, *asked.page_host))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(asked.host, asked.port, app, threaded=True, request_handler=Handler)

    def stop(signal_number: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for the loop that this thread runs

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"The cars play at http://{asked.host}:{server.port}/", flush=True)
    server.serve_forever()
    store: Store = app.extensions["store"]
    store.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fleet.telematics.player", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (the pages have no login)")
    parser.add_argument("--port", type=int, default=8001, help="0 picks a free one")
    parser.add_argument("--store", type=Path, required=True, help="SQLite file that keeps the cars")
    parser.add_argument("--token-env", default="TELEMATICS_TOKEN", help="variable that holds the API's token")
    parser.add_argument("--page-host", action="append", default=[], help="further host name for the pages")
    return parser.parse_args()


if __name__ == "__main__":
    main()
