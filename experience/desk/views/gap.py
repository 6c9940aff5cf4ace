"""The gap matrix: promises kept or broken, against better or worse than expected."""

from dataclasses import dataclass
from typing import Any, Self

from flask import render_template, request
from flask_babel import lazy_gettext as _l

from core.time import now
from experience.asks.before import MEANS
from experience.asks.models import Means
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import JourneyFilters, id_of, one_of
from experience.desk.notes import lot_names
from experience.insight.gap import Felt, GapAnswers, Kept, gap_matrix
from experience.insight.switched import reasons_to_leave, switched
from experience.journey import STEPS, Ask, Step
from experience.promises.kinds import KINDS, PromiseKind
from fleet.cars.models import CarClass
from portal.account.leave.forms import REASONS
from portal.web.page import CX, page

ROWS: dict[Kept, Any] = {Kept.KEPT: _l("Every promise kept"), Kept.BROKEN: _l("A promise broken")}
COLUMNS: dict[Felt, Any] = {Felt.WORSE: _l("Worse than expected"), Felt.AS_EXPECTED: _l("As expected"),
                            Felt.BETTER: _l("Better than expected")}
MEANING: dict[tuple[Kept, Felt], Any] = {
    (Kept.KEPT, Felt.WORSE): _l("Kept and disappointed: the promise is the wrong one"),
    (Kept.KEPT, Felt.BETTER): _l("Kept and delighted: worth telling"),
    (Kept.BROKEN, Felt.WORSE): _l("Broken and felt: mend this first"),
    (Kept.BROKEN, Felt.BETTER): _l("Broken and forgiven: something else made up for it"),
}


@dataclass(frozen=True, slots=True)
class GapFilters(JourneyFilters):
    """A time, a place, the question that was asked, one promise to judge by, and what members came from and went to."""

    step: str | None = None
    kind: str | None = None
    means: str | None = None
    instead: str | None = None

    @classmethod
    def of(cls, args: Any) -> Self:
        return cls(**cls.read(args), lot=id_of(args.get("lot")), car_class=one_of(args.get("car_class"), CarClass),
                   step=one_of(args.get("step"), Step), kind=one_of(args.get("kind"), PromiseKind),
                   means=one_of(args.get("means"), Means), instead=one_of(args.get("instead"), Means))


@bp.get("/gap")
@page(who=CX, exempt=WHY)
def gap() -> str:
    """Six cells: what became of the promises of a trip, against how the trip was."""
    filters = GapFilters.of(request.args)
    asked = GapAnswers(filters.window(now()), Step(filters.step) if filters.step else None,
                       PromiseKind(filters.kind) if filters.kind else None, Means(filters.means) if filters.means else None,
                       Means(filters.instead) if filters.instead else None)
    steps = [(step, declared.label) for step, declared in STEPS.items() if declared.ask is Ask.EXPECTATION]
    return render_template("experience/desk/gap.html", filters=filters, matrix=gap_matrix(asked), lots=lot_names(), steps=steps,
                           kinds=[(kind, declared.says) for kind, declared in KINDS.items()], ROWS=ROWS, COLUMNS=COLUMNS,
                           MEANING=MEANING, MEANS=MEANS, REASONS=REASONS, switched=switched(filters.window(now())),
                           reasons=reasons_to_leave(filters.window(now())))
