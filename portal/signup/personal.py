"""What joining has of a person."""

from flask_babel import lazy_gettext as _l

from core.personal import Held, Holder
from portal.signup.models import SignUp

PERSONAL = Holder(
    "signup", _l("Your applications, what was decided of them and why"),
    (Held("applications", ("member_id",)),
     Held("sign_ups", lambda person: SignUp.email == person.email, secret=frozenset({"password_hash", "known"}))))
