"""The form of a star: whether it is to be kept, and which page it was on."""

from wtforms import HiddenField

from portal.web.forms import Form


class StarForm(Form):
    keep = HiddenField()  # "1": star it; empty: take the star away
    on = HiddenField()  # "list" for the page of favourites
