"""Passwords by NIST SP 800-63B-4: length counts, what others would try does not, and no letter is demanded."""

import unicodedata

import pytest
from argon2 import PasswordHasher

from portal.account.passwords import ShortPassword, WeakPassword, check_password, hash_password, matches

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("password", [
    "correct horse battery staple",
    "aaab only lower case letters", "ПарольИзНесколькихСлов", "ひらがなだけのながいあいことばです",
    "x1" + "wandering otters " * 20, " leading and trailing ", "eight ways to leave Roundtrip"])
@pytest.mark.check("password")
def test_any_letters_of_any_writing_will_do(password):
    check_password(password, email="ada@example.com", name="Ada Okafor")


@pytest.mark.check("password")
def test_fifteen_letters_alone_and_eight_beside_a_second_factor():
    with pytest.raises(ShortPassword):
        check_password("fourteen chars")
    check_password("fifteen letters")
    with pytest.raises(ShortPassword):
        check_password("seven77", second_factor=True)
    check_password("otter gym", second_factor=True)


@pytest.mark.parametrize("password", [
    "password2026!!!!", "1234567890123456", "aaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "passwordpassword", "qwertyuiopasdfgh",
    "lkjhgfdsapoiuytrewq", "Roundtrip-2026-Chicago", "ada.okafor@example.com", "OkaforAdaRoundtrip1", "roundtrip roundtrip"])
@pytest.mark.check("password")
def test_what_others_would_try_first_is_refused(password):
    with pytest.raises(WeakPassword, match="weak_password"):
        check_password(password, email="ada.okafor@example.com", name="Ada Okafor")


@pytest.mark.parametrize("password", ["football1", "PASSWORD1", "trustno1", "sunshine"])
@pytest.mark.check("password")
def test_common_ones_are_refused_beside_a_second_factor_too(password):
    with pytest.raises(WeakPassword, match="weak_password"):
        check_password(password, second_factor=True)


def test_the_same_letters_are_the_same_password_however_they_were_composed():
    composed = "Café crème à Évry ﬁn"
    assert matches(unicodedata.normalize("NFD", composed), hash_password(composed))


def test_a_hash_from_before_passwords_were_normalised_still_opens():
    decomposed = unicodedata.normalize("NFD", "Café crème à Évry")
    assert matches(decomposed, PasswordHasher().hash(decomposed))
    assert not matches("Cafe creme a Evry", PasswordHasher().hash(decomposed))
