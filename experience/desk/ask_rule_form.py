"""The forms of the gate's pages: numbers to try and to switch on, and a question in new words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from experience.asks.forms import plain_lines
from experience.asks.rules import GATE, OF_EACH, RULES, Rules
from experience.asks.solicitations import Solicitation
from experience.asks.wording import MOST_IN_BODY, MOST_IN_LABEL, MOST_LETTERS
from portal.web.forms import Form
from portal.web.say import CITY_ZONE

SHARES = {key: rule for key, rule in OF_EACH.items() if key.startswith("share_")}


def _number(key: str) -> IntegerField:
    rule = RULES[key]
    between = _l("Between %(least)d and %(most)d.", least=rule.least, most=rule.most)
    return IntegerField(rule.label, validators=[InputRequired(between), NumberRange(rule.least, rule.most, between)],
                        render_kw={"inputmode": "numeric"})


class RuleForm(Form):
    """Every number of the gate, and from which day on they count; an empty day is now."""

    since = DateField(_l("From"), validators=[Optional()])

    @classmethod
    def filled(cls, rules: Rules, **given: Any) -> "RuleForm":
        return cls(data={key: rules[key] for key in (*GATE, *SHARES)}, **given)

    @property
    def numbers(self) -> dict[str, int]:
        return {key: self[key].data for key in (*GATE, *SHARES)}

    def begins(self, now: datetime) -> datetime:
        """The first moment of that day in the city, or now."""
        if self.since.data is None:
            return now
        day = self.since.data
        return max(now, datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE).astimezone(UTC)) \
            if day >= now.astimezone(CITY_ZONE).date() else datetime(day.year, day.month, day.day, tzinfo=UTC)


for _key in (*GATE, *SHARES):
    setattr(RuleForm, _key, _number(_key))


def wording_form(what: Solicitation, size: int) -> type[Form]:
    """A question with a field for the words of each value of its scale."""
    fields: dict[str, Any] = {"question": StringField(_l("Question"), validators=[
        InputRequired(_l("Write the question.")), Length(5, MOST_LETTERS, _l("5 to 160 letters."))])}
    for place in range(size):
        label = (_l("Words of the lowest answer") if place == 0 else _l("Words of the highest answer") if place == size - 1
                 else _l("Words of answer %(number)d (may stay empty)", number=place + 1))
        fields[f"label{place}"] = StringField(label, validators=[Length(max=MOST_IN_LABEL, message=_l("At most 40 letters."))])
    if what.news:
        fields["body"] = TextAreaField(_l("What it says"), filters=[plain_lines], validators=[
            InputRequired(_l("Write what it says.")), Length(max=MOST_IN_BODY, message=_l("At most 4,000 letters."))],
            render_kw={"rows": 12})
    return type(f"WordingForm_{what.key}", (Form,), fields)


def labels_of(form: Any, size: int) -> list[str]:
    return [form[f"label{place}"].data or "" for place in range(size)]


def body_of(form: Any) -> str:
    """What news say; a question has none."""
    return (form.body.data or "") if "body" in form else ""


def changed(numbers: Mapping[str, int], rules: Rules) -> dict[str, int]:
    """Which of the numbers are other ones than those in force."""
    return {key: value for key, value in numbers.items() if value is not None and rules[key] != value}
