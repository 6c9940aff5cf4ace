"""Saved views: kept, opened, changed and thrown away. Everybody of the team opens them, only their owner changes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.ids import new_id
from core.refusal import NotFound, Refusal
from experience.insight.models import SavedView
from portal.account.models import User

HOME = "/experience/"
LONGEST = 2000


class NotOurPage(Refusal):
    """Only pages of the desk can be saved."""

    code, status = "not_a_page_of_the_desk", 422
    says = _l("Only pages of this desk can be saved as a view.")
    remedy = _l("Open the page, narrow it down, and save it there.")


class NameTaken(Refusal):
    """A view of mine has this name already."""

    code, status = "view_name_taken", 409
    says = _l("You have a view of this name already.")
    remedy = _l("Choose another name, or change the view you have.")


def save_view(*, user_id: int, name: str, address: str, now: datetime) -> SavedView:
    """Keep a page under a name; the same name again leads to the new address. Raises NotOurPage."""
    _check(address)
    with transaction():
        view = db.session.scalar(select(SavedView).where(SavedView.user_id == user_id, SavedView.name == name))
        if view is None:
            view = SavedView(id=new_id(), user_id=user_id, name=name, address=address, saved_at=now)
            db.session.add(view)
        view.address, view.saved_at = address, now
    return view


def change_view(*, view_id: UUID, user_id: int, name: str, address: str) -> None:
    """Another name or address for a view of mine. Raises NotFound, NotOurPage and NameTaken."""
    _check(address)
    try:
        with transaction():
            view = my_view(view_id, user_id)
            view.name, view.address = name, address
    except IntegrityError as error:
        raise NameTaken() from error


def delete_view(*, view_id: UUID, user_id: int) -> None:
    """Throw a view of mine away. Raises NotFound."""
    with transaction():
        db.session.delete(my_view(view_id, user_id))


def _check(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith(HOME) or len(address) > LONGEST or "\\" in address:
        raise NotOurPage()


def the_view(view_id: UUID) -> SavedView:
    """Somebody's view. Raises NotFound."""
    view = db.session.get(SavedView, view_id)
    if view is None:
        raise NotFound(view_id=str(view_id))
    return view


def my_view(view_id: UUID, user_id: int) -> SavedView:
    """A view of mine. Raises NotFound for anybody else's."""
    view = db.session.scalar(select(SavedView).where(SavedView.id == view_id, SavedView.user_id == user_id))
    if view is None:
        raise NotFound(view_id=str(view_id))
    return view


def views_of(user_id: int) -> Sequence[Any]:
    """Every view with its owner's name, mine first."""
    return db.session.execute(select(SavedView, User.name.label("by")).join(User, User.id == SavedView.user_id)
                              .order_by(SavedView.user_id != user_id, SavedView.name)).all()
