"""Each check is shown to fail with its defence switched off: a copy of the product without it, and the check run on that.

What has a control test beside it (idor, massassign, brute, hash, xss, ssti, sql, redos, polyglot, logout) is not here.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import ROOT
from tests.conftest import SOAK

LEFT_BEHIND = {".git", ".venv", "instance", "node_modules", ".mypy_cache", ".ruff_cache", ".hypothesis", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Off:
    """A defence: the line that is it, what stands there without, and the file whose tests of the word must then fail."""

    word: str
    path: str
    line: str
    without: str
    tests: str


PAGE, SESSIONS, HEADERS = "portal/web/page.py", "portal/account/sessions.py", "portal/web/headers.py"
PORTAL_SECURITY = "portal/account/security"
SECURITY, SIGN_IN = "tests/portal/account/security", "tests/portal/account/test_sign_in.py"
PICTURES, ERRORS, MATRIX = "core/pictures.py", "tests/portal/web/test_errors.py", "tests/test_matrix.py"
OFF = (
    Off("matrix", PAGE, "    if declared is None:\n        abort(403)\n", "    if declared is None:\n        return None\n",
        ERRORS),
    Off("steps", "reservations/booking/errors.py", "return not member.is_licensed_on(",
        "return False and member.is_licensed_on(", "tests/reservations/booking/test_licence_ends.py"),
    Off("files", "portal/licence/keep_picture.py", "seal.close_bytes(picture.jpeg)", "picture.jpeg",
        "tests/portal/licence/test_pages.py"),
    Off("audit", "core/audit.py", "row.previous_hash != previous or row.hash != chain_hash(row)",
        "row.previous_hash != previous",
        "tests/core/test_audit.py"),
    Off("enum", "portal/account/passwords.py", "return any([_verify(password_hash or _nobody[0], form) for form in forms])",
        "return password_hash is not None and any([_verify(password_hash, form) for form in forms])", SIGN_IN),
    Off("password", "portal/account/passwords.py", "    if len(typed) < (", "    if False and len(typed) < (",
        f"{SECURITY}/test_passwords.py"),
    Off("fixation", "portal/account/signing.py", "_load(renew_session(current.token, two_factors=two_factors))",
        "_load(current.token)",
        f"{SECURITY}/test_step_up.py"),
    Off("timeout", SESSIONS, "idle or signed_in.ends_at <= now or", "idle or", SIGN_IN),
    Off("cookies", "portal/account/security/known_devices.py", "httponly=True", "httponly=False", SIGN_IN),
    Off("totp", "portal/account/security/authenticator.py", "Authenticator.user_id == user_id, Authenticator.last_step < step)",
        "Authenticator.user_id == user_id)", f"{SECURITY}/test_second_factor.py"),
    Off("reset", f"{PORTAL_SECURITY}/reset.py", " PasswordReset.ends_at > wall_now(),\n", "\n", f"{SECURITY}/test_reset.py"),
    Off("stepup", PAGE, "return ask_again() if declared.fresh else None", "return None", f"{SECURITY}/test_step_up.py"),
    Off("csrf", "portal/app.py", "    csrf = CSRFProtect(app)\n",
        "    csrf = CSRFProtect(app)\n    app.config['WTF_CSRF_ENABLED'] = app.config['WTF_CSRF_CHECK_DEFAULT'] = False\n",
        MATRIX),
    Off("safe_get", "portal/account/views.py", "    return render_template(\"portal/account/show.html\"",
        "    from core.database import transaction\n    with transaction():\n        me().phone = '+13125550100'\n"
        "    return render_template(\"portal/account/show.html\"", MATRIX),
    Off("headers", HEADERS, "    headers[\"X-Content-Type-Options\"] = \"nosniff\"\n", "", ERRORS),
    Off("redirect", "portal/account/next_page.py", "        return home_href()\n    parts",
        "        return target or '/'\n    parts", SIGN_IN),
    Off("host", HEADERS, "in current_app.config[\"SERVER_NAMES\"]:",
        "in current_app.config[\"SERVER_NAMES\"] or request.host:", ERRORS),
    Off("cache", HEADERS, "= \"no-store\"", "= \"public, max-age=60\"", MATRIX),
    Off("csv", "portal/web/spreadsheet.py", "if written.startswith(DANGEROUS)", "if False",
        "tests/portal/web/test_spreadsheet.py"),
    Off("traversal", "core/files.py", "        if not KEY.fullmatch(key):\n", "        if False:\n",
        "tests/checks/test_uploads.py"),
    Off("ssrf", "reservations/search/geocoding/online.py", " or NET_ADDRESS.search(typed):", ":",
        "tests/reservations/search/geocoding/test_online.py"),
    Off("schemathesis", "portal/api/document.py", "        every.append((DoesNotHold.status, DoesNotHold.code))\n",
        "        pass\n", "tests/portal/api/test_document.py"),
    Off("fuzzforms", "portal/web/money_field.py",
        "        if found is None or len(found[1]) > 12:\n            raise ValueError(_(\"Write it like 12.50.\"))\n", "",
        "tests/checks/test_input.py"),
    Off("logs", "core/logs.py", "if sys.stderr.isatty()", "if sys.stderr", "tests/portal/web/test_errors.py"),
    Off("errors", "portal/web/errors.py", "_page(500, *said, \"failed\")", "_page(500, repr(error), said[1], \"failed\")",
        ERRORS),
    Off("mailinject", "portal/messages/letter.py", "    return \" \".join(words.split())", "    return words",
        "tests/portal/messages/test_messages.py"),
    Off("oversize", "config.py", "    MAX_CONTENT_LENGTH = ", "    MAX_CONTENT_LENGTH = 10**12 + ", ERRORS),
    Off("bomb", PICTURES, "    if width * height > limits.most_pixels:", "    if False:", "tests/core/test_pictures.py"),
    Off("exif", PICTURES, "        return _made_anew(kind, sent, limits)",
        "        from dataclasses import replace\n        return replace(_made_anew(kind, sent, limits), jpeg=sent)",
        "tests/core/test_pictures.py"),
    Off("quota", "portal/licence/keep_picture.py", "        raise TooManyPictures()", "        pass",
        "tests/portal/licence/test_licences.py"),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product beside itself."""
    there = tmp_path_factory.mktemp("without") / "product"
    shutil.copytree(ROOT, there, ignore=lambda _folder, names: LEFT_BEHIND & set(names))
    return there


@pytest.mark.parametrize("off", OFF, ids=lambda off: off.word)
def test_what_is_switched_off_here_is_there(off):
    assert (ROOT / off.path).read_text().count(off.line) == 1
    assert re.search(rf'mark\.check\([^)]*"{off.word}"', (ROOT / off.tests).read_text())


@pytest.mark.skipif(not SOAK, reason="runs each check in a process of its own: SOAK=1")
@pytest.mark.parametrize("off", OFF, ids=lambda off: off.word)
def test_without_its_defence_the_check_fails(copy, off, tmp_path):
    changed, source = copy / off.path, (ROOT / off.path).read_text()
    changed.write_text(source.replace(off.line, off.without))
    try:
        told = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", "-k", f"{off.word} and not postgresql", off.tests,
                               "--basetemp", str(tmp_path / "run")], cwd=copy, capture_output=True, text=True,
                              env={name: value for name, value in os.environ.items() if name != "SOAK"}, check=False)
    finally:
        changed.write_text(source)
    assert re.search(r"^\d+ failed|, \d+ failed", told.stdout, re.M), told.stdout[-3000:]
