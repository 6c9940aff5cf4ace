"""The buttons of the inbox and of the staff's page."""

from portal.web.forms import Form


class PressForm(Form):
    """A button."""
