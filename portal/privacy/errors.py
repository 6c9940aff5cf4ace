"""How downloads and erasures say no."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class DownloadIsOver(Refusal):
    code, status = "download_is_over", 410
    says = _l("This download is not here any more.")
    remedy = _l("Ask for a new one on the privacy page: it takes a minute or two.")


class EraseNotYet(Refusal):
    code, status = "erase_not_yet", 409
    says = _l("We cannot erase you yet.")
    remedy = _l("Do first what this page lists; then come back to it.")


class ErasureHasBegun(Refusal):
    code, status = "erasure_has_begun", 409
    says = _l("It has begun, and cannot be cancelled any more.")
    remedy = _l("Its receipt says what is gone and what stays. To be a member again, join anew.")
