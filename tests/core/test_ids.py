"""Identifiers sort by time where they should, and tell nothing where they must not."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.ids import ALPHABET, new_id, new_reference, random_digits, random_id, seeded_ids, uuid7_at
from tests.factories import NOON, hours


@given(st.integers(0, 2**74 - 1))
def test_an_id_of_a_moment_is_a_uuid7_that_carries_it(tail):
    made = uuid7_at(NOON, tail)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(NOON.timestamp() * 1000)
    assert uuid7_at(NOON) <= made < uuid7_at(hours(1, 2).start)


def test_new_ids_are_different_and_sort_by_the_order_they_were_made():
    made = [new_id() for _ in range(100)]
    assert len(set(made)) == 100
    assert all(isinstance(one, UUID) and one.version == 7 for one in made)
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


def test_random_ids_carry_no_time():
    assert random_id().version == 4


def test_references_survive_being_read_aloud():
    reference = new_reference()
    assert len(reference) == 10
    assert set(reference) <= set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)
    assert random_digits(4).isdigit()


def test_the_same_seed_draws_the_same_identifiers():
    def drawn():
        with seeded_ids(7):
            return new_reference(), random_digits(4), random_id()

    assert drawn() == drawn()
    assert new_reference() != new_reference()
