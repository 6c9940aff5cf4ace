"""Whether anybody has an account here yet."""

from flask import Flask

from portal.account.by_email import anybody_is_here
from portal.account.models import Role
from tests.factories import People


def test_somebody_is_here_from_the_first_account_on(app: Flask, people: People) -> None:
    assert not anybody_is_here()
    first = people.staff(Role.ADMIN)
    assert anybody_is_here()
    assert not anybody_is_here(besides=[first.email])
    people.member()
    assert anybody_is_here(besides=[first.email])
