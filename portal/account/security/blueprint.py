"""The blueprint of the pages about getting in, so that several files can hang their pages into it."""

from flask import Blueprint

bp = Blueprint("security", __name__)
