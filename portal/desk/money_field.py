"""Typed amounts live in `portal.web.money_field` now; this name stays until nobody uses it any more."""

from portal.web.money_field import Between, DollarsField

__all__ = ["Between", "DollarsField"]
