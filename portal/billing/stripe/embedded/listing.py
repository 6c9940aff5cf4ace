"""Lists as Stripe pages them: newest first, with cursors, and by the time of creation."""

from collections.abc import Callable, Iterable
from itertools import islice

from portal.billing.stripe.embedded.params import Params, below, whole, word
from portal.billing.stripe.embedded.refusals import missing, wrong
from portal.billing.stripe.embedded.store import END, START, Obj, Place
from portal.billing.stripe.embedded.world import World

PAGING = frozenset({"limit", "starting_after", "ending_before"})
MOST = 100

Wanted = Callable[[Obj], bool]


def listed(world: World, kind: str, url: str, params: Params, *, by: tuple[str, str] | None = None,
           wanted: Wanted | None = None) -> Obj:
    """One page of the objects of a kind; `by` is an index of the store, `wanted` looks at each object."""
    limit = whole(params, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= MOST:
        raise wrong("This value must be from 1 to 100.", "limit", "parameter_invalid_integer")
    start, end = _created(params)
    after, before = word(params, "starting_after"), word(params, "ending_before")
    if after:
        end = min(end, _place(world, kind, after, "starting_after"))
    if before:
        created, number = _place(world, kind, before, "ending_before")
        start = max(start, (created, number + 1))
    objects: Iterable[Obj] = world.store.scan(kind, by=by, start=start, end=end, oldest_first=bool(before))
    if wanted is not None:
        objects = filter(wanted, objects)
    found = list(islice(objects, limit + 1))
    page = found[:limit]
    return {"object": "list", "data": page[::-1] if before else page, "has_more": len(found) > limit, "url": url}


def _place(world: World, kind: str, object_id: str, param: str) -> Place:
    place = world.store.place(object_id)
    if place is None:
        raise missing(kind, object_id, param)
    return place


def _created(params: Params) -> tuple[Place, Place]:
    """The span that `created`, or `created[gte]` and the like, stands for."""
    said = params.get("created")
    if isinstance(said, str):
        said = {"gte": said, "lte": said}
    if not said:
        return START, END
    limits = {name: whole(below({"created": said}, "created"), name) for name in ("gt", "gte", "lt", "lte")}
    starts = [(at + later, 0) for name, later in (("gte", 0), ("gt", 1)) if (at := limits[name]) is not None]
    ends = [(at + later, 0) for name, later in (("lt", 0), ("lte", 1)) if (at := limits[name]) is not None]
    return max([START, *starts]), min([END, *ends])
