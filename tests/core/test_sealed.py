"""What members tell us is unreadable without the site's key."""

import pytest

from core.sealed import Seal, Unreadable

KEY, OTHER_KEY = "x" * 43 + "=", "y" * 42 + "Q="


def test_sealed_words_open_again_and_say_nothing_while_sealed():
    sealed = Seal(KEY).close("The bay was blocked. Ünïcode too.")
    assert "bay" not in sealed
    assert Seal(KEY).open(sealed) == "The bay was blocked. Ünïcode too."


def test_the_same_words_are_sealed_differently_each_time():
    assert Seal(KEY).close("1234") != Seal(KEY).close("1234")


def test_with_a_new_key_in_front_what_the_old_one_sealed_and_marked_is_known_and_what_is_sealed_now_needs_the_new_one():
    old, both = Seal(KEY), Seal(f"{OTHER_KEY},{KEY}")
    assert both.open(old.close("1234")) == "1234"
    assert both.open_bytes(old.close_bytes(b"1234")) == b"1234"
    assert both.mark("fob", "04A2") == old.mark("fob", "04A2") != Seal(OTHER_KEY).mark("fob", "04A2")
    assert Seal(OTHER_KEY).open(both.close("1234")) == "1234"
    with pytest.raises(Unreadable):
        old.open(both.close("1234"))


def test_a_blank_or_a_line_end_beside_the_comma_changes_no_mark_and_no_key():
    old, both = Seal(KEY), Seal(f"{OTHER_KEY}, {KEY}\n")
    assert both.open(old.close("1234")) == "1234"
    assert both.mark("fob", "04A2") == old.mark("fob", "04A2")
    with pytest.raises(ValueError, match="Fernet key"):
        Seal(f"{KEY}, ")


def test_another_key_or_a_changed_letter_opens_nothing():
    sealed = Seal(KEY).close("1234")
    with pytest.raises(Unreadable):
        Seal(OTHER_KEY).open(sealed)
    with pytest.raises(Unreadable):
        Seal(KEY).open(sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:])
