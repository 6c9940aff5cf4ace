"""Every page of the site, by who opens it: for the accessibility check, the budgets and the screenshots."""

from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Shown:
    """A page by name, its address, and who opens it (None: a visitor)."""

    name: str
    path: str
    who: str | None = None


VISITOR = (
    Shown("home", "/"),
    Shown("search", "/cars?near=State+%26+Madison"),
    Shown("search-map", "/cars?near=State+%26+Madison&view=map"),
    Shown("search-times", "/cars?near=Clark/Lake&view=times"),
    Shown("search-empty", "/cars"),
    Shown("search-unknown", "/cars?near=zzzz+qqqq"),
    Shown("search-outside", "/cars?near=Evanston"),
    Shown("how-it-works", "/how-it-works"),
    Shown("pricing", "/pricing"),
    Shown("pricing-faults", "/pricing?weekday=x&weekend_hours=0"),
    Shown("coverage", "/coverage"),
    Shown("insurance", "/insurance"),
    Shown("terms", "/terms"),
    Shown("promises", "/promises"),
    Shown("api", "/api/docs"),
    Shown("privacy", "/privacy"),
    Shown("you-said", "/you-said"),
    Shown("sign-in", "/sign-in"),
    Shown("forgot", "/sign-in/forgot"),
    Shown("join", "/join"),
    Shown("help", "/help"),
    Shown("help-found", "/help?q=gas+recipt"),
    Shown("help-none", "/help?q=zzzz+qqqq"),
    Shown("help-contact", "/help/contact?page=/pricing"),
    Shown("suggestions", "/help/suggestions"),
    Shown("not-found", "/nothing-here"),
    Shown("styleguide", "/styleguide"),
    Shown("demo-mail", "/demo/mail"),
    Shown("demo-phone", "/demo/phone"),
    Shown("demo-push", "/demo/push"),
)
MEMBER = "member@example.com"
FLEET = "fleet@example.com"
CX = "cx@example.com"
FINANCE = "finance@example.com"
SUPPORT = "support@example.com"
REVIEWER = "reviewer@example.com"
BUSINESS = "business@example.com"  # runs a business's account, and is no member
JOINING = "new@example.com"
REFUSED = "joining2@example.com"  # and has appealed
LEFT = "left@example.com"
PAUSED = "paused@example.com"
EVERYBODY = (None, MEMBER, BUSINESS, JOINING, REFUSED, LEFT, PAUSED, FLEET, CX, FINANCE, SUPPORT, REVIEWER)

MEMBERS = (
    Shown("home-member", "/", MEMBER),
    Shown("trips", "/trips", MEMBER),
    Shown("drive", "/drive", MEMBER),
    Shown("inbox", "/inbox", MEMBER),
    Shown("suggest", "/help/suggestions/new", MEMBER),
    Shown("account", "/account/", MEMBER),
    Shown("drivers", "/account/drivers", MEMBER),
    Shown("tier", "/account/tier", MEMBER),
    Shown("fob", "/account/fob", MEMBER),
    Shown("codes", "/account/codes?code=vanweek", MEMBER),
    Shown("contact", "/account/contact", MEMBER),
    Shown("details", "/account/profile", MEMBER),
    Shown("needs", "/account/needs", MEMBER),
    Shown("tokens", "/account/tokens", MEMBER),
    Shown("calendar", "/account/calendar", MEMBER),
    Shown("favorites", "/account/favorites", MEMBER),
    Shown("search-own", "/cars", MEMBER),
    Shown("leave", "/account/leave", MEMBER),
    Shown("plan", "/account/plan", MEMBER),
    Shown("plan-change", "/account/plan/change?to=payg", MEMBER),
    Shown("pause", "/account/pause", MEMBER),
    Shown("payments", "/account/payments", MEMBER),
    Shown("statement", "/account/statement", MEMBER),
    Shown("worth", "/account/worth", MEMBER),
    Shown("wait-join", "/waitlist/join?lat=41.88&lng=-87.63&radius=1000", MEMBER),
    Shown("repeat", "/cars/acorn/repeat", MEMBER),
    Shown("promises-mine", "/account/promises", MEMBER),
    Shown("data", "/account/privacy", MEMBER),
    Shown("data-agreed", "/account/privacy/agreed", MEMBER),
    Shown("data-looks", "/account/privacy/looks", MEMBER),
    Shown("data-erase", "/account/privacy/erase", MEMBER),
    Shown("licence", "/account/licence", MEMBER),
    Shown("licence-new", "/account/licence/new", MEMBER),
    Shown("security", "/account/security", MEMBER),
    Shown("security-app", "/account/security/app", MEMBER),
    Shown("security-password", "/account/security/password", MEMBER),
)
OTHERS = (
    Shown("business-account", "/account/", BUSINESS),
    Shown("business-data", "/account/privacy", BUSINESS),
    Shown("joining", "/join", JOINING),
    Shown("joining-phone", "/join/phone", JOINING),
    Shown("joining-licence", "/join/licence", JOINING),
    Shown("joining-plan", "/join/plan", JOINING),
    Shown("joining-payment", "/join/payment", JOINING),
    Shown("refused", "/join/decision", REFUSED),
    Shown("left", "/account/", LEFT),
    Shown("left-leave", "/account/leave", LEFT),
    Shown("rejoin", "/account/rejoin", LEFT),
    Shown("paused", "/account/plan", PAUSED),
    Shown("paused-account", "/account/", PAUSED),
    Shown("paused-needs", "/account/needs", PAUSED),
)
DESKS = (
    Shown("fleet", "/fleet/", FLEET),
    Shown("fleet-fobs", "/fleet/fobs?show=all", FLEET),
    Shown("fleet-blocks", "/fleet/blocks", FLEET),
    Shown("cx", "/experience/", CX),
    Shown("cx-step", "/experience/steps/book.confirm", CX),
    Shown("cx-cases", "/experience/cases?show=all", CX),
    Shown("cx-digest", "/experience/digest", CX),
    Shown("cx-fixes", "/experience/fixes", CX),
    Shown("cx-new-fix", "/experience/fixes/new", CX),
    Shown("cx-feedback", "/experience/feedback", CX),
    Shown("cx-blueprint", "/experience/journey", CX),
    Shown("cx-promises", "/experience/promises", CX),
    Shown("cx-promise-rows", "/experience/promises/rows?days=90", CX),
    Shown("cx-voices", "/experience/voices", CX),
    Shown("cx-compare", "/experience/compare?fact=car_class&measure=stopped&step=book.confirm", CX),
    Shown("cx-gap", "/experience/gap", CX),
    Shown("cx-views", "/experience/views", CX),
    Shown("cx-browsers", "/experience/browser", CX),
    Shown("cx-browser-events", "/experience/browser/learn.home/vitals", CX),
    Shown("cx-quarantine", "/experience/browser/quarantine", CX),
    Shown("cx-reconciliation", "/experience/reconciliation", CX),
    Shown("cx-export", "/experience/export", CX),
    Shown("cx-who", "/experience/who/00000000-0000-0000-0000-000000000001", CX),
    Shown("cx-asks", "/experience/asks/", CX),
    Shown("cx-asks-members", "/experience/asks/members", CX),
    Shown("cx-asks-rules", "/experience/asks/rules", CX),
    Shown("cx-asks-words", "/experience/asks/stay_pulse/words", CX),
    Shown("cx-asks-news", "/experience/asks/news", CX),
    Shown("cx-deliveries", "/experience/deliveries?show=all", CX),
    Shown("help-desk", "/office/help/?show=all", SUPPORT),
    Shown("help-desk-templates", "/office/help/templates", SUPPORT),
    Shown("help-desk-suggestions", "/office/help/suggestions", SUPPORT),
    Shown("help-desk-remarks", "/office/help/remarks?show=all", SUPPORT),
    Shown("help-desk-mail", "/office/help/mail", SUPPORT),
    Shown("office-promises", "/office/promises", SUPPORT),
    Shown("applications", "/office/applications/?show=all", REVIEWER),
    Shown("tiers", "/office/tiers/?show=all", REVIEWER),
    Shown("office", "/office/", FINANCE),
    Shown("office-payers", "/office/payers", FINANCE),
    Shown("office-failures", "/office/failures", FINANCE),
    Shown("office-reconciliation", "/office/reconciliation", FINANCE),
    Shown("office-ledger", "/office/ledger", FINANCE),
    Shown("office-businesses", "/office/businesses", FINANCE),
)
FIXED = (*VISITOR, *MEMBERS, *OTHERS, *DESKS)


def found_pages(page: Page, who: str | None) -> list[Shown]:
    """Pages whose address is found by following a link: a car, a lot, a trip, a receipt, a note, a message."""
    finds = {
        None: (("car", "/cars?near=Clark/Lake", ".cc[data-state=free] a"),),
        MEMBER: (("book", "/cars?near=Clark/Lake", ".cc[data-state=free] a"), ("receipt", "/trips", "a[href$='/receipt']"),
                 ("again", "/trips", "a[href$='/again']"),
                 ("message", "/inbox", "main a[href^='/inbox/']:not([href*=conversations])"),
                 ("statement-line", "/account/statement", "main a[href^='/account/statement/']"),
                 ("driver", "/account/drivers", "main a[href^='/account/drivers/']")),
        BUSINESS: (("business-driver", "/business/", "main a[href*='/drivers/']"),
                   ("business-centre", "/business/", "a[href$='/cost-centres']")),
        FLEET: (("fleet-car", "/fleet/", "main th a[href^='/fleet/cars/']"),),
        FINANCE: (("office-payer", "/office/payers", "main th a[href^='/office/payers/']"),
                  ("office-dispute", "/office/disputes?show=all", "main a[href^='/office/disputes/']"),
                  ("office-business", "/office/businesses", "main th a[href^='/office/businesses/']"),
                  ("office-adjustment", "/office/adjustments?show=all", "main a[href^='/office/adjustments/']")),
        REVIEWER: (("application", "/office/applications/?show=all", "main tbody th a[href^='/office/applications/']"),
                   ("tier-matter", "/office/tiers/", "main tbody th a[href^='/office/tiers/']")),
        CX: (("cx-note", "/experience/feedback", "main a[href^='/experience/feedback/']"),
             ("cx-journey", "/experience/steps/book.confirm", "main a[href*='/experience/journeys/']"),
             ("cx-case", "/experience/cases?show=all", "main th a[href^='/experience/cases/']")),
    }
    found = []
    for name, start, link in finds.get(who, ()):
        page.goto(start)
        href = page.locator(link).first.get_attribute("href")
        assert href, f"{start} has no {link}"
        if name == "book":
            page.goto(href)
            href = page.get_by_role("link", name="Choose this car").first.get_attribute("href")
        if name == "car":
            page.goto(href or "")
            lot = page.locator("a[href^='/lots/']").first.get_attribute("href")
            found.append(Shown("lot", lot or "", who))
        if name == "receipt" and href:
            found.append(Shown("certificate", href.replace("/receipt", "/certificate"), who))
        if name == "business-driver" and href:
            found += [Shown(f"business-{part}", href.split("/drivers/")[0] + end, who) for part, end in (
                ("overview", ""), ("admins", "/admins"), ("centres", "/cost-centres"), ("trips", "/trips"),
                ("invoices", "/invoices"))]
        if name == "business-centre":
            page.goto(href or "")
            href = page.locator("main a[href*='/cost-centres/']").first.get_attribute("href")
        if name == "fleet-car" and href:
            found.append(Shown("fleet-out-of-service", f"{href}/out-of-service", who))
        found.append(Shown(name, href or "", who))
    return found
