"""Any fact by any measure: each value against all others, with intervals that count members, and named only if it holds."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from experience.insight.contrast import (
    Contrast,
    Estimate,
    Kind,
    Q,
    Sample,
    adjusted,
    contrast,
    design_effect,
    estimate,
    p_value,
    quantile,
    sample_of,
)
from experience.insight.facts import FACTS, Fact, Row
from experience.insight.measures import EVERY_STEP, Material, Measure
from experience.insight.surroundings import Surroundings
from experience.journey import Step

MIN_N = 20  # values under which nothing is compared
MIN_MEMBERS = 10  # and members: two who drive every day are no group


@dataclass(frozen=True, slots=True)
class Compared:
    """One value of a fact: its figure, its difference from the others, and whether that stands after all comparisons."""

    value: str
    words: str
    estimate: Estimate
    contrast: Contrast | None
    p_adjusted: float | None = None
    worse: bool = False

    @property
    def enough(self) -> bool:
        """Whether there were enough values and members to compare."""
        return self.p_adjusted is not None

    @property
    def stands(self) -> bool:
        return self.p_adjusted is not None and self.p_adjusted <= Q


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact by a measure at a step: its values in order, and the figure of all."""

    fact: Fact
    measure: Measure
    step: Step | None
    everybody: Estimate | None
    rows: list[Compared]


def compare(fact: Fact, measure: Measure, step: Step | None, material: Material, *, min_n: int = MIN_N) -> Comparison:
    """Every value of the fact against the others, together held to one share of false alarms (Q).

    Promises and notes can be compared over all steps at once: `step` is None then.
    """
    rows = list(measure.rows(material, step or EVERY_STEP))  # type: ignore[arg-type]  # see measures.Rows
    around = material.around
    by_value: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        value = fact.find(row, around)
        if value is not None:
            by_value[value].append(row)
    told = [row for group in by_value.values() for row in group]
    if not told:
        return Comparison(fact, measure, step, None, [])
    pooled = [_at(measure, told)] if measure.quantile is not None else None
    everybody = _sample(told, pooled)
    design = design_effect(everybody)
    found = [_compared(fact, value, group, measure, everybody, around, pooled, design) for value, group in by_value.items()]
    tested = [at for at, each in enumerate(found) if each.contrast is not None and _enough(each.estimate, everybody, min_n)]
    for at, p in zip(tested, adjusted([found[at].contrast.p for at in tested]), strict=True):  # type: ignore[union-attr]  # tested: it is there
        found[at] = replace(found[at], p_adjusted=p)
    return Comparison(fact, measure, step, _figure(measure, told, 1.0), _in_order(fact, found))


def _enough(group: Estimate, everybody: Sample, min_n: int) -> bool:
    return (group.n >= min_n and group.clusters >= MIN_MEMBERS and everybody.n - group.n >= min_n)


def _compared(fact: Fact, value: str, group: list[Row], measure: Measure, everybody: Sample, around: Surroundings,
              pooled: list[float] | None, design: float) -> Compared:
    sample = _sample(group, pooled)
    against = contrast(sample, everybody, exact=measure.kind is Kind.SHARE or pooled is not None)
    figure = _figure(measure, group, design)
    assert figure is not None  # a group has a row at least
    return Compared(value, fact.words(value, around), figure, against,
                    worse=against is not None and against.difference * (1 if pooled else measure.worse) > 0)


def _figure(measure: Measure, rows: Sequence[Row], design: float) -> Estimate | None:
    if measure.quantile is not None:
        return quantile([(row.who, row.value) for row in rows], measure.quantile)
    return estimate(sample_of((row.who, row.value) for row in rows), measure.kind, design=design)


def _at(measure: Measure, rows: Sequence[Row]) -> float:
    """The quantile of all: of each group the share beyond it is compared."""
    ordered = sorted(row.value for row in rows)
    return ordered[max(ceil((measure.quantile or 0.5) * len(ordered)), 1) - 1]


def _sample(rows: Iterable[Row], pooled: list[float] | None) -> Sample:
    if pooled is None:
        return sample_of((row.who, row.value) for row in rows)
    return sample_of((row.who, float(row.value > pooled[0])) for row in rows)


def _in_order(fact: Fact, found: list[Compared]) -> list[Compared]:
    if fact.order:
        return sorted(found, key=lambda each: fact.order.index(each.value) if each.value in fact.order else len(fact.order))
    return sorted(found, key=lambda each: (not each.stands, -each.estimate.n, each.words))


# The grid: every declared pair at once, in one family of tests.

@dataclass(frozen=True, slots=True)
class Cell:
    """One comparison of the grid that stands out for the worse, and what it explains."""

    step: Step
    measure: Measure
    fact: Fact
    value: str
    words: str
    figure: Estimate
    others: Estimate
    contrast: Contrast
    p_adjusted: float
    echoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """What a look over all pairs found, and over how many comparisons."""

    compared: int
    cells: list[Cell]


@dataclass(slots=True)
class _Tested:
    step: Step
    measure: Measure
    fact: Fact
    value: str
    rows: list[Row]
    group: list[int]
    p: float
    worse: float  # how much: above 0, or it is better
    strength: float  # how much of all differences it explains


def scan(pairs: Iterable[tuple[Measure, Step]], material: Material, facts: Iterable[Fact] = tuple(FACTS.values()), *,
         min_n: int = MIN_N) -> Grid:
    """Test every value of every fact at every pair, and name those that are worse: Q of the names may be chance.

    Of what hangs together only what explains most is named: a dirty lot makes each of its cars a dirty one, and a little
    of its neighbourhood. The others must stand out among what is left without it, else they are its echoes.
    """
    facts, tested = tuple(facts), []
    for measure, step in pairs:
        rows = list(measure.rows(material, step))
        if len(rows) >= 2 * min_n:
            tested += _tests(measure, step, rows, facts, material.around, min_n)
    held = adjusted([each.p for each in tested])
    named: dict[tuple[Step, str], list[tuple[_Tested, float]]] = defaultdict(list)
    standing = [(each, p) for each, p in zip(tested, held, strict=True) if p <= Q]
    most = max((each.p for each, _ in standing), default=0.0)
    for each, p in sorted(standing, key=lambda pair: (-pair[0].strength, facts.index(pair[0].fact))):
        if each.worse > 0:
            named[each.step, each.measure.key].append((each, p))
    cells = [cell for family in named.values() for cell in _strongest(family, most, material.around, min_n)]
    return Grid(len(tested), sorted(cells, key=lambda cell: cell.p_adjusted))


def _tests(measure: Measure, step: Step, rows: list[Row], facts: tuple[Fact, ...], around: Surroundings,
           min_n: int) -> list[_Tested]:
    pooled = [_at(measure, rows)] if measure.quantile is not None else None
    tested = []
    for fact in facts:
        by_value: dict[str, list[int]] = defaultdict(list)
        for at, row in enumerate(rows):
            value = fact.find(row, around)
            if value is not None:
                by_value[value].append(at)
        if len(by_value) < 2:
            continue
        everybody = _sample((rows[at] for group in by_value.values() for at in group), pooled)
        for value, group in by_value.items():
            sample = _sample((rows[at] for at in group), pooled)
            if sample.n < min_n or everybody.n - sample.n < min_n or len(sample.clusters) < MIN_MEMBERS:
                continue
            p = p_value(sample, everybody, exact=measure.kind is Kind.SHARE or pooled is not None)
            if p is not None:
                worse = _worse(measure, sample, everybody, pooled)
                explains = worse * worse * sample.n * (1 - sample.n / everybody.n)
                tested.append(_Tested(step, measure, fact, value, rows, group, p, worse, explains))
    return tested


def _worse(measure: Measure, sample: Sample, everybody: Sample, pooled: list[float] | None) -> float:
    """How much worse the group is than the others: above 0, or it is better."""
    others = (everybody.total - sample.total) / (everybody.n - sample.n)
    return (sample.mean - others) * (1 if pooled else measure.worse)


def _strongest(family: list[tuple[_Tested, float]], most: float, around: Surroundings, min_n: int) -> list[Cell]:
    """The named ones of one measure at one step, the strongest first; what is not worth naming falls away."""
    kept: list[tuple[_Tested, float]] = []
    echoes: dict[int, list[str]] = defaultdict(list)
    gone: set[int] = set()
    for each, p in family:
        left = [at for at in each.group if at not in gone]
        if kept and not _stands_alone(each, left, gone, most, min_n):
            echo_of = max(range(len(kept)), key=lambda at: len(set(kept[at][0].group) & set(each.group)))
            echoes[echo_of].append(f"{each.fact.label}: {each.fact.words(each.value, around)}")
            continue
        kept.append((each, p))
        gone |= set(each.group)
    cells = [_cell(each, p, tuple(echoes[at]), around) for at, (each, p) in enumerate(kept)]
    return [cell for cell in cells if _worth_naming(cell)]


def _stands_alone(each: _Tested, left: list[int], gone: set[int], most: float, min_n: int) -> bool:
    rest = [row for at, row in enumerate(each.rows) if at not in gone]
    if len(left) < min_n or len(rest) - len(left) < min_n:
        return False
    pooled = [_at(each.measure, rest)] if each.measure.quantile is not None else None
    group, everybody = _sample((each.rows[at] for at in left), pooled), _sample(rest, pooled)
    if len(group.clusters) < MIN_MEMBERS:
        return False
    p = p_value(group, everybody, exact=each.measure.kind is Kind.SHARE or pooled is not None)
    return p is not None and p <= most and _worse(each.measure, group, everybody, pooled) > 0


def _cell(each: _Tested, p: float, echoes: tuple[str, ...], around: Surroundings) -> Cell:
    inside = set(each.group)
    group, others = [each.rows[at] for at in each.group], [row for at, row in enumerate(each.rows) if at not in inside]
    pooled = [_at(each.measure, each.rows)] if each.measure.quantile is not None else None
    against = contrast(_sample(group, pooled), _sample(each.rows, pooled))
    figure, rest = _figure(each.measure, group, 1.0), _figure(each.measure, others, 1.0)
    assert against is not None
    assert figure is not None
    assert rest is not None
    return Cell(each.step, each.measure, each.fact, each.value, each.fact.words(each.value, around), figure, rest, against,
                p, echoes)


def _worth_naming(cell: Cell) -> bool:
    """Large enough to matter to somebody, not only large enough to be seen."""
    gap = (cell.figure.value - cell.others.value) * cell.measure.worse
    if cell.measure.quantile is not None:
        return gap >= cell.measure.least * max(cell.others.value, 1.0)
    return gap >= cell.measure.least
