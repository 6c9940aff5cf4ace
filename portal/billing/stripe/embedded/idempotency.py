"""Idempotency keys: the same key with the same parameters is done once and answered the same for a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from portal.billing.stripe.embedded.refusals import StripeRefusal, wrong
from portal.billing.stripe.embedded.store import Answer
from portal.billing.stripe.embedded.wire import Request
from portal.billing.stripe.embedded.world import DAY, World

LONGEST_KEY = 255


class KeysInUse:
    """The keys of requests that are being worked on in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: set[str] = set()

    @contextmanager
    def only(self, key: str | None) -> Iterator[None]:
        """Be the only one with this key inside the block. Raises Stripe's 409 if another one is."""
        if key is None:
            yield
            return
        if len(key) > LONGEST_KEY:
            raise wrong("Idempotency keys are up to 255 characters long.")
        with self._lock:
            if key in self._keys:
                raise StripeRefusal(
                    409, "idempotency_error", "There is currently another in-progress request using this Idempotent Key (that "
                    "probably means you submitted twice, and the other request is still going through). Please try again "
                    "later.", code="idempotency_key_in_use")
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def known_answer(world: World, request: Request) -> Answer | None:
    """What this key was answered with. Raises Stripe's refusal of the same key for something else."""
    if request.key is None:
        return None
    answer = world.store.answer(request.key)
    if answer is None or answer.at < world.now - DAY:
        return None
    if answer.asked != request.asked:
        raise StripeRefusal(
            400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters they were first "
            f"used with. Try using a key other than '{request.key}' if you meant to execute a different request.")
    return answer


def keep_answer(world: World, request: Request, status: int, body: str) -> None:
    if request.key is not None:
        world.store.keep_answer(request.key, Answer(request.asked, status, body, world.now), world.now - DAY)
