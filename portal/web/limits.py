"""Limits by address. Limits by account live in the database, where every process sees them."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, default_limits=["600/minute"], headers_enabled=True)
