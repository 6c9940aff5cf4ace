"""The pages that everybody sees, in one blueprint: each file here hangs its own into it."""

from flask import Blueprint

bp = Blueprint("site", __name__)
