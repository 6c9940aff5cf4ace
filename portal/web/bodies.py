"""What is sent to us is read before it takes anybody's turn: forms that arrive a byte a second stop nobody else.

Each request has a thread of the server (`THREADS`), which waits for its body; only so many work at once
(`REQUESTS_AT_ONCE`), and who waits for a body is not among them. A body that never ends keeps its thread until its sender
hangs up: what hundreds of those are is for a proxy in front to know.
"""

import threading
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

THREADS = 64  # of each web process, made when there is somebody for them
MOST = 16 * 1024 * 1024  # bytes: what is longer nobody takes, and it is refused unread
IN_MEMORY = 65_536  # bytes of each body; what is longer goes into a file
PIECE = 16_384


class WholeBodies:
    """Hands the site requests with their whole body, so many at once. What is longer than `MOST`, or does not say how long it
    is, is handed on as it comes: the site refuses it without reading."""

    def __init__(self, site: Wsgi, *, at_once: int) -> None:
        self._site = site
        self._turns = threading.BoundedSemaphore(at_once)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or not 0 < int(length) <= MOST:
            with self._turns:
                return self._site(environ, start_response)
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            _copy(environ["wsgi.input"], body, int(length))
            body.seek(0)
            environ["wsgi.input"] = body
            with self._turns:
                return self._site(environ, start_response)


def _copy(sent: IO[bytes], body: IO[bytes], length: int) -> None:
    """As far as it comes: what breaks off is the site's to refuse."""
    while length > 0 and (piece := sent.read(min(PIECE, length))):
        body.write(piece)
        length -= len(piece)
