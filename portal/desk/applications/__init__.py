"""The reviewers' desk: applications, appeals and licences that no rule decides, each on one screen, by its clock."""

from portal.desk.applications import deeds, views
from portal.desk.applications.blueprint import bp

__all__ = ["bp", "deeds", "views"]
