"""The reviewers' desk for the reduced tier: requests by their clock, each with its picture on one screen."""

from portal.desk.tiers import deeds, views
from portal.desk.tiers.blueprint import bp

__all__ = ["bp", "deeds", "views"]
