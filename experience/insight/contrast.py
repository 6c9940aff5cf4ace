"""One group against all others, with members as the clusters: pure statistics that know no database.

What a member lives through twice is no second witness: every variance here counts members, and never less than rows
alone would have it. For shares with few cases the exact test decides, because a group in which nothing has happened
yet has no variance of its own.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, exp, inf, lgamma, sqrt

from experience.insight.wilson import Z95

Q = 0.05  # of what is named, this share may be chance (Benjamini-Hochberg)
FEW = 10  # expected cases under which the exact test is asked too


class Kind(StrEnum):
    """What is taken of the values: their mean, a share of 0 and 1, or the score of -1, 0 and 1."""

    MEAN = "mean"
    SHARE = "share"
    NPS = "nps"


@dataclass(slots=True)
class Sample:
    """Values summed by cluster: how many, their sum, the sum of their squares."""

    clusters: dict[Hashable, tuple[int, float]] = field(default_factory=dict)
    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, cluster: Hashable, value: float) -> None:
        """One more value of a cluster."""
        n, total = self.clusters.get(cluster, (0, 0.0))
        self.clusters[cluster] = n + 1, total + value
        self.n += 1
        self.total += value
        self.squares += value * value

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Of single values, as if each were its own cluster."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.squares - self.total * self.total / self.n) / (self.n - 1))


def sample_of(values: Iterable[tuple[Hashable, float]]) -> Sample:
    """The sample of pairs of cluster and value."""
    sample = Sample()
    for cluster, value in values:
        sample.add(cluster, value)
    return sample


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, over `n` values of so many clusters."""

    n: int
    clusters: int
    value: float
    low: float
    high: float


def design_effect(sample: Sample) -> float:
    """How many times wider the clusters make the variance than single values would; 1 at least."""
    if sample.n < 2 or not sample.variance or len(sample.clusters) < 2:
        return 1.0
    groups, mean = len(sample.clusters), sample.mean
    between = sum((total - mean * n) ** 2 for n, total in sample.clusters.values())
    return max(1.0, groups / (groups - 1) * between / (sample.variance * sample.n))


def estimate(sample: Sample, kind: Kind, *, design: float = 1.0) -> Estimate | None:
    """The figure with its interval; None of nothing. `design`: the design effect of the whole, when that is larger.

    Shares have Wilson's interval and scores the adjusted Wald's, both over as many values as the clusters leave;
    means have the t interval with clusters less one as its degrees of freedom.
    """
    if not sample.n:
        return None
    effect = max(design, design_effect(sample))
    left = sample.n / effect
    if kind is Kind.SHARE:
        low, high = _wilson(sample.mean, left)
    elif kind is Kind.NPS:
        low, high = adjusted_wald(sample, left)
    else:
        half = _t_quantile(len(sample.clusters) - 1) * sqrt(sample.variance / left)
        low, high = sample.mean - half, sample.mean + half
    return Estimate(sample.n, len(sample.clusters), sample.mean, low, high)


def _wilson(share: float, n: float) -> tuple[float, float]:
    z2 = Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if share == 0 else max(0.0, middle - half)), (1.0 if share == 1 else min(1.0, middle + half))


def adjusted_wald(sample: Sample, n: float) -> tuple[float, float]:
    """The interval of a score between -1 and 1: three answers are added, three quarters of one at each end."""
    ends = sample.squares / sample.n * n + 1.5
    mean = sample.mean * n / (n + 3)
    half = Z95 * sqrt(max(0.0, (ends / (n + 3) - mean * mean) / (n + 3)))
    return max(-1.0, mean - half), min(1.0, mean + half)


def quantile(values: Sequence[tuple[Hashable, float]], share: float) -> Estimate | None:
    """The nearest-rank quantile with Woodruff's interval: that of the share below it, read back from the values."""
    if not values:
        return None
    ordered = sorted(value for _, value in values)
    n = len(ordered)
    at = ordered[max(ceil(share * n), 1) - 1]
    below = sample_of((cluster, float(value <= at)) for cluster, value in values)
    low, high = _wilson(share, n / design_effect(below))
    return Estimate(n, len(below.clusters), at, ordered[max(ceil(low * n), 1) - 1], ordered[min(ceil(high * n), n) - 1])


@dataclass(frozen=True, slots=True)
class Contrast:
    """A group less the others, with the 95 % interval of the difference and the chance of one as large from none."""

    difference: float
    low: float
    high: float
    p: float


def contrast(group: Sample, everybody: Sample, *, exact: bool = False) -> Contrast | None:
    """The group against the others, `everybody` being both; None when one side is empty or one cluster.

    `exact`: the values are 0 and 1. The test takes the larger of two variances, both by cluster: that of the two sides as
    they are, and that which they would have if there were no difference; t has the smaller side's clusters less one.
    """
    others = everybody.n - group.n
    few = min(len(group.clusters), _others_clusters(group, everybody)) - 1
    if not group.n or not others or few < 1:
        return None
    difference = group.mean - (everybody.total - group.total) / others
    half = _t_quantile(few) * sqrt(_wald_variance(group, everybody))
    return Contrast(difference, difference - half, difference + half, _p(group, everybody, few, exact=exact))


def p_value(group: Sample, everybody: Sample, *, exact: bool = False) -> float | None:
    """The p value of `contrast` alone."""
    few = min(len(group.clusters), _others_clusters(group, everybody)) - 1
    if not group.n or group.n == everybody.n or few < 1:
        return None
    return _p(group, everybody, few, exact=exact)


def _others_clusters(group: Sample, everybody: Sample) -> int:
    whole = sum(everybody.clusters[cluster][0] == n for cluster, (n, _) in group.clusters.items())
    return len(everybody.clusters) - whole


def _p(group: Sample, everybody: Sample, few: int, *, exact: bool) -> float:
    others = everybody.n - group.n
    spread = max(_wald_variance(group, everybody), _variance_of_none(group, everybody))
    if spread <= 0:
        return 1.0
    p = _two_sided((group.mean - (everybody.total - group.total) / others) / sqrt(spread), few)
    cases = min(everybody.mean, 1 - everybody.mean) * group.n
    if exact and cases < FEW:
        p = max(p, fisher(round(group.total), group.n, round(everybody.total), everybody.n))
    return p


def _variance_of_none(group: Sample, everybody: Sample) -> float:
    """Of the difference if there is none: all values vary alike, and those of one member as they do among all."""
    alike = intraclass(everybody)
    squares = sum(n * n for n, _ in group.clusters.values())
    others_squares = sum((all_n - group.clusters.get(cluster, (0, 0.0))[0]) ** 2
                         for cluster, (all_n, _) in everybody.clusters.items())
    others = everybody.n - group.n
    return everybody.variance * ((1 + (squares / group.n - 1) * alike) / group.n
                                 + (1 + (others_squares / others - 1) * alike) / others)


def intraclass(sample: Sample) -> float:
    """How much two values of one cluster are alike, 0 to 1: the intraclass correlation of an analysis of variance."""
    groups = len(sample.clusters)
    if groups < 2 or sample.n <= groups or not sample.variance:
        return 0.0
    mean = sample.mean
    between = sum(total * total / n for n, total in sample.clusters.values()) - sample.n * mean * mean
    within = sample.squares - between - sample.n * mean * mean
    size = (sample.n - sum(n * n for n, _ in sample.clusters.values()) / sample.n) / (groups - 1)
    of_between, of_within = between / (groups - 1), max(0.0, within) / (sample.n - groups)
    return min(1.0, max(0.0, (of_between - of_within) / (of_between + (size - 1) * of_within)))


def _wald_variance(group: Sample, everybody: Sample) -> float:
    """Of the difference of two means whose clusters may be the same; never less than single values have it."""
    others_n, others_total = everybody.n - group.n, everybody.total - group.total
    mean, others_mean, whole = group.mean, others_total / others_n, 0.0
    for cluster, (all_n, all_total) in everybody.clusters.items():
        n, total = group.clusters.get(cluster, (0, 0.0))
        whole += ((total - mean * n) / group.n
                  - (all_total - total - others_mean * (all_n - n)) / others_n) ** 2
    groups = len(everybody.clusters)
    rest = Sample({}, others_n, others_total, everybody.squares - group.squares)
    return max(groups / (groups - 1) * whole, group.variance / group.n + rest.variance / others_n)


def fisher(hits: int, n: int, all_hits: int, everybody: int) -> float:
    """Fisher's exact test, two-sided: the chance of tables no likelier than this one."""
    def log_choose(total: int, chosen: int) -> float:
        return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)

    def log_chance(of: int) -> float:
        return (log_choose(all_hits, of) + log_choose(everybody - all_hits, n - of) - log_choose(everybody, n))

    here = log_chance(hits)
    possible = range(max(0, n - (everybody - all_hits)), min(n, all_hits) + 1)
    return min(1.0, sum(exp(chance) for of in possible if (chance := log_chance(of)) <= here + 1e-9))


def _two_sided(t: float, degrees: int) -> float:
    from scipy.special import stdtr  # not above: it is 46 MB that a web process may never need
    return float(2 * stdtr(degrees, -abs(t)))


def _t_quantile(degrees: int) -> float:
    if degrees < 1:
        return inf
    from scipy.special import stdtrit
    return float(stdtrit(degrees, 0.975))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p values (1995): those up to Q are named, with Q of them chance at most."""
    order = sorted(range(len(p_values)), key=lambda at: p_values[at], reverse=True)
    found, smallest = [1.0] * len(p_values), 1.0
    for place, at in enumerate(order):
        smallest = min(smallest, p_values[at] * len(p_values) / (len(p_values) - place))
        found[at] = smallest
    return found
