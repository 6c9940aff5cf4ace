"""What a browser is, in words short enough for a list: "Chrome on Android"."""

from flask_babel import gettext as _

# How a browser says what it is, the more particular first: Edge says Chrome too, and Chrome says Safari.
PROGRAMS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
           ("Linux", "Linux"))


def device_name(said: str) -> str:
    """The name for what a browser said of itself."""
    program, system = (next((name for mark, name in known if mark in said), "") for known in (PROGRAMS, SYSTEMS))
    if program and system:
        return str(_("%(program)s on %(system)s", program=program, system=system))
    return program or system or str(_("A browser"))
