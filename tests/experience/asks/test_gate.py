"""The gate: each rule by itself, and a year of several devices in which none is ever broken."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ROOT
from experience.asks.gate import Past, Situation, Verdict, Why, Wish, draw, held_back, judge, number_of, recommend_due
from experience.asks.rules import DELIVERED, RULES, Rules, rules_of
from experience.asks.solicitations import MOMENTS, SENT_BY_HAND, SOLICITATIONS
from experience.journey import Ask
from experience.record.not_yet import NOT_YET
from tests.factories import NOON

LONG_AGO = NOON - timedelta(days=90)  # the slot of the first recommendation has lapsed
ADA = Situation(7, LONG_AGO)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def wish(key: str = "receipt_expectation", trip: int | None = 1, **more: object) -> Wish:
    return Wish(SOLICITATIONS[key], trip, **more)


def past(key: str = "receipt_expectation", ago: float = 1, *, trip: int | None = None, seen: bool = True,
         dismissed: bool = False) -> Past:
    what, at = SOLICITATIONS[key], NOON - days(ago)
    return Past(key, what.metric, what.exempt, at, at + what.lives, at if seen else None, at if dismissed else None, trip)


def why(wished: Wish, before: list[Past] | None = None, now: datetime = NOON, rules: Rules = DELIVERED,
        **situation: object) -> Why | None:
    return judge(wished, before or [], replace(ADA, **situation), rules, now).why


def test_a_member_in_peace_may_be_asked():
    assert judge(wish(), [], ADA, DELIVERED, NOON) == Verdict(None, 1)


@pytest.mark.parametrize(("situation", "because"), [
    ({"driving": True}, Why.DRIVING), ({"mid_task": True}, Why.MID_TASK), ({"open_case": True}, Why.OPEN_CASE)])
def test_nobody_is_asked_at_a_bad_moment(situation, because):
    assert why(wish(), **situation) is because


def test_with_a_case_open_not_even_the_closing_question_of_another_one_is_asked():
    assert why(wish("case_closing", None), open_case=True) is Why.OPEN_CASE
    assert held_back(replace(ADA, open_case=True), SOLICITATIONS["case_closing"], [], DELIVERED, NOON)
    assert why(wish("case_closing", None)) is None
    assert why(wish("case_closing", None), [past(ago=3)]) is Why.GAP


@pytest.mark.parametrize(("ago", "because"), [(6.9, Why.GAP), (7, None)])
def test_a_week_lies_between_two_asks(ago, because):
    assert why(wish(), [past(ago=ago)]) is because


def test_two_in_a_month_are_enough():
    assert why(wish(), [past(ago=29), past(ago=8)]) is Why.MOST
    assert why(wish(), [past(ago=30), past(ago=8)]) is None


def test_a_reservation_is_asked_about_once_whatever_became_of_it():
    assert why(wish(trip=5), [past(ago=200, trip=5, seen=False)]) is Why.RESERVATION
    assert why(wish(trip=6), [past(ago=200, trip=5)]) is None


def test_each_metric_has_its_own_clock():
    assert why(wish("pickup_satisfaction"), [past("recovery_satisfaction", 20)]) is Why.CLOCK
    assert why(wish("pickup_satisfaction"), [past("recovery_satisfaction", 30)]) is None
    assert why(wish("refuel_ease"), [past("recovery_satisfaction", 20)]) is None
    assert why(wish("receipt_expectation"), [past("receipt_expectation", 8)]) is None


def test_two_not_nows_bring_three_months_of_silence():
    twice = [past(ago=100, dismissed=True), past(ago=89, dismissed=True)]
    assert why(wish(), twice) is Why.SILENCE
    assert why(wish(), twice, NOON + days(1)) is None
    assert why(wish(), [past(ago=500, dismissed=True), past(ago=89, dismissed=True)]) is None


def test_what_was_shown_before_rests_in_that_silence_too():
    twice = [past(ago=100, dismissed=True), past(ago=89, dismissed=True)]
    assert held_back(ADA, SOLICITATIONS["stay_pulse"], twice, DELIVERED, NOON)
    assert not held_back(ADA, SOLICITATIONS["stay_pulse"], twice, DELIVERED, NOON + days(1))


def test_news_go_to_who_wants_them_by_day_and_each_version_once():
    news = wish("digest", None, subject="version:2")
    assert why(news, wants_news=False) is Why.UNWANTED
    assert why(wish(), wants_news=False) is None
    assert why(news, [replace(past("digest", 100), subject="version:2")]) is Why.SENT_ALREADY
    assert why(news, [replace(past("digest", 100), subject="version:1")]) is None
    night = judge(news, [], replace(ADA, quiet_until=NOON + days(0.4)), DELIVERED, NOON)
    assert (night.why, night.again_at) == (Why.QUIET_HOURS, NOON + days(0.4))


def test_what_nobody_saw_counts_until_it_ends():
    assert why(wish(), [past(ago=3, seen=False)]) is Why.GAP
    assert why(wish("receipt_expectation", 2), [past("cancel_expectation", 3, seen=False)]) is None  # three days


def test_a_check_is_for_a_missing_sensor_or_the_audit_and_comes_once_a_trip():
    check = SOLICITATIONS["arrive_check"]
    number, low, high = draw(check, 7, "trip-1", DELIVERED, sensor_missing=True)
    assert (low, high) == (0, 1)
    assert draw(check, 7, "trip-1", DELIVERED)[1:] == (0, 0.05)
    assert why(wish("arrive_check", number=0.06, high=0.05)) is Why.NOT_DRAWN
    crowded = [past(ago=1), past(ago=2), past("arrive_check", 1, trip=2)]
    assert why(wish("arrive_check", number=number), crowded, mid_task=True) is None
    assert why(wish("bay_check", 2, number=number), crowded) is Why.CHECKED_ALREADY
    assert why(wish("arrive_check", number=number), driving=True) is Why.DRIVING


def test_a_recommendation_is_asked_for_twice_a_year_on_a_day_of_ones_own():
    asked = [past("stay_pulse", 0)]
    dates = {recommend_due(asked, replace(ADA, member_id=member), DELIVERED, NOON)[0] for member in range(200)}
    assert NOON + days(166) <= min(dates) < NOON + days(169)
    assert NOON + days(191) < max(dates) <= NOON + days(194)
    due = recommend_due(asked, ADA, DELIVERED, NOON)[0]
    assert why(wish("stay_pulse", None), asked, due - days(0.01)) is Why.CLOCK
    assert why(wish("stay_pulse", None), asked, due) is None


def test_a_slot_that_lapsed_comes_again_half_a_year_later():
    first, lapses = recommend_due([], Situation(7, NOON), DELIVERED, NOON)
    assert recommend_due([], Situation(7, NOON), DELIVERED, lapses) == (first, lapses)
    assert recommend_due([], Situation(7, NOON), DELIVERED, lapses + days(0.1)) == (first + days(180), lapses + days(180))
    assert recommend_due([], Situation(7, NOON), DELIVERED, lapses + days(1000))[1] == lapses + days(1080)


def test_near_that_day_everything_else_gives_way():
    asked = [past("stay_pulse", 0)]
    due, lapses = recommend_due(asked, ADA, DELIVERED, NOON)
    assert why(wish(), asked, due - days(6)) is Why.RESERVED
    assert why(wish(), asked, lapses + days(0.1)) is None
    one = replace(past(), offered_at=due - days(20), shown_at=due - days(20))
    assert why(wish(trip=2), asked, due - days(10)) is None
    assert why(wish(trip=2), [*asked, one], due - days(10)) is Why.RESERVED  # a second one would leave no place in the month
    assert why(wish(), asked, due - days(6), pulse=False) is None


def test_the_draw_is_always_the_same_and_falls_on_each_part_as_often_as_it_says():
    assert number_of("ask", 7, "x") == number_of("ask", 7, "x") != number_of("ask", 8, "x")
    hits = dict.fromkeys((each.key for each in MOMENTS["trip_ended"]), 0)
    for trip in range(4000):
        drawn = [each.key for each in MOMENTS["trip_ended"] if (
            lambda number, low, high: low <= number < high)(*draw(each, trip % 300, f"trip-{trip}", DELIVERED))]
        assert len(drawn) == 1
        hits[drawn[0]] += 1
    assert {key: round(count / 4000, 1) for key, count in hits.items()} == {
        "receipt_expectation": 0.8, "pickup_satisfaction": 0.1, "bill_expectation": 0.1}


def test_a_paused_solicitation_asks_nobody_and_a_changed_rule_counts_from_its_day():
    rows = [(NOON, "active_receipt_expectation", 0, 2), (NOON + days(1), "gap", 14, 3)]
    assert why(wish(), rules=rules_of(rows, NOON)) is Why.PAUSED
    assert why(wish(), rules=rules_of(rows, NOON - days(1))) is None
    later = rules_of(rows, NOON + days(1))
    verdict = judge(wish("bill_expectation"), [past(ago=12)], ADA, later, NOON + days(1))
    assert (verdict.why, verdict.rule, verdict.value, verdict.version) == (Why.GAP, "gap", 14, 3)


def test_every_solicitation_is_wished_for_somewhere_or_its_step_is_still_to_be_built():
    sources = [path.read_text() for room in ("experience", "portal", "reservations", "templates")
               for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".html") and path.name != "solicitations.py"]
    wished = {key for key, what in SOLICITATIONS.items()
              if key in SENT_BY_HAND or any(re.search(rf"""['"]({key}|{what.moment or key})['"]""", each) for each in sources)}
    assert {what.step for key, what in SOLICITATIONS.items() if key not in wished} <= set(NOT_YET)
    assert {"leaving_instead", "digest", "referral", "win_back", "recovery_satisfaction"} <= wished


# A year of a member's life with several devices.

@dataclass
class Story:
    """What a member was asked over the year, kept as the tables keep it, and every no with its why."""

    asks: list[Past] = field(default_factory=list)
    devices: dict[int, list[int]] = field(default_factory=dict)  # asks that stand open on a device's page, maybe stale
    suppressed: list[Verdict] = field(default_factory=list)
    told: list[tuple[datetime, Situation, Past]] = field(default_factory=list)  # whenever somebody was shown something

    def wish(self, key: str, trip: int | None, situation: Situation, now: datetime) -> None:
        what = SOLICITATIONS[key]
        number, low, high = draw(what, situation.member_id, f"trip-{trip}", DELIVERED,
                                 sensor_missing=what.exempt and trip % 2 == 0)
        verdict = judge(Wish(what, trip if what.of_trip else None, number, low, high), self.asks, situation, DELIVERED, now)
        if not verdict.allowed:
            self.suppressed.append(verdict)
            return
        self.asks.append(Past(key, what.metric, what.exempt, now, now + what.lives, None, None, trip if what.of_trip else None))

    def look(self, device: int, situation: Situation, now: datetime) -> None:
        """A page shows what is open; the gate is asked again for what was never shown."""
        for number, ask in enumerate(self.asks):
            if now >= ask.expires_at or ask.dismissed_at:
                continue
            if ask.shown_at is None:
                others = [each for each in self.asks if each is not ask]
                verdict = judge(Wish(SOLICITATIONS[ask.solicitation], ask.reservation_id), others, situation, DELIVERED, now)
                if not verdict.allowed:
                    self.suppressed.append(verdict)
                    continue
                self.asks[number] = ask = replace(ask, shown_at=now)
                self.told.append((now, situation, ask))
            self.devices.setdefault(device, []).append(number)

    def dismiss(self, device: int, now: datetime) -> None:
        """The member presses "Not now" on a page that may have been open for long."""
        for number in self.devices.pop(device, []):
            ask = self.asks[number]
            if ask.dismissed_at is None and now < ask.expires_at:
                self.asks[number] = replace(ask, dismissed_at=now)


ACTS = ["wish", "wish and look", "wish and look", "look", "dismiss"]
USUAL = ["receipt_expectation", "cancel_expectation", "case_closing", "before_joining", "arrive_check"]  # mostly let through
LIFE = st.lists(st.tuples(
    st.sampled_from([0.1, 1.0, 3.0, 7.0, 8.0, 12.0]), st.sampled_from(ACTS), st.sampled_from(USUAL * 4 + sorted(SOLICITATIONS)),
    st.integers(0, 2), st.integers(0, 12), st.sampled_from([""] * 12 + ["driving", "mid_task", "open_case"])),
    min_size=25, max_size=80)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10_000), LIFE)
def test_in_a_year_of_several_devices_no_rule_is_ever_broken(member, life):
    story, now = Story(), NOON
    for gap, act, key, device, trip, bad in life:
        now += days(gap)
        situation = Situation(member, LONG_AGO, **({bad: True} if bad else {}))
        if "wish" in act:
            story.wish(key, trip, situation, now)
        if "look" in act:
            story.look(device, situation, now)
        if act == "dismiss":
            story.dismiss(device, now)
    assert all(verdict.why and verdict.rule and verdict.version for verdict in story.suppressed)
    _nothing_was_broken(story)


def _nothing_was_broken(story: Story) -> None:
    """The rules once more, said in another way: over what the member saw."""
    counted = [(at, ask) for at, _situation, ask in story.told if not ask.exempt]
    for at, situation, ask in story.told:
        assert not situation.driving
        assert ask.exempt or not situation.mid_task
        assert not situation.open_case
        silences = sorted(each.dismissed_at for each in story.asks if each.dismissed_at and each.dismissed_at <= at)
        assert not any(days(0) <= at - second < days(90) and second - first <= days(365)
                       for first, second in pairwise(silences))
        assert RULES[f"active_{ask.solicitation}"].value
    for (first, _), (second, _ask) in pairwise(counted):
        assert second - first >= days(7)
    for (first, _), _between, (third, _ask) in zip(counted, counted[1:], counted[2:], strict=False):
        assert third - first >= days(30)
    for metric, least in ((Ask.EASE, 30), (Ask.SATISFACTION, 30), (Ask.RECOMMEND, 166)):
        times = [at for at, ask in counted if ask.metric is metric]
        assert all(later - earlier >= days(least) for earlier, later in pairwise(times))
    for exempt in (False, True):
        trips = [ask.reservation_id for ask in story.asks if ask.exempt is exempt and ask.reservation_id is not None]
        assert len(trips) == len(set(trips))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10_000), st.lists(st.floats(0.2, 3), min_size=80, max_size=160), st.integers(0, 30))
def test_the_slot_of_the_recommendation_is_never_taken(member, gaps, delay):
    """Whoever is asked something at every chance is still free on the day their recommendation is due."""
    story, now = Story(), NOON
    due, lapses = recommend_due([], Situation(member, NOON), DELIVERED, now)
    pulse = min(due + days(delay / 10), lapses)
    for trip, gap in enumerate(gaps):
        if now + days(gap) > pulse:
            break
        now += days(gap)
        story.wish("receipt_expectation", trip, Situation(member, NOON), now)
        story.look(0, Situation(member, NOON), now)
    story.wish("stay_pulse", None, Situation(member, NOON), pulse)
    assert story.asks[-1].metric is Ask.RECOMMEND
