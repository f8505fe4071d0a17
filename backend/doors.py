"""Every address of the site and who may open it. A door that is missing here fails the tests.

Views guard themselves (`wechat_only`, `staff_only`); this is the list that a person reads and that
the tests hold the views to, for every role, strangers and nobody.
"""

from collections.abc import Mapping
from enum import StrEnum

from backend.security.schemas import Permission as P


class Open(StrEnum):
    """Doors that are not for staff alone."""

    TO_ALL = "to_all"  # Shows nothing of anybody.
    BY_PROOF = "by_proof"  # The caller proves itself: a signature of the platform, a signed link.
    IN_WECHAT = "in_wechat"  # Whoever WeChat says is looking, and only what is theirs.
    TO_STAFF_SIGNING_IN = "to_staff_signing_in"  # The console's own entrance.


Door = Open | frozenset[P]


def _staff(*needed: P) -> frozenset[P]:
    return frozenset(needed)


DOORS: Mapping[str, Door] = {
    "web.static": Open.TO_ALL,
    "health.alive": Open.TO_ALL,
    "health.ready": Open.TO_ALL,
    "health.metrics": Open.BY_PROOF,  # By the caller's network.
    "wechat.verify": Open.BY_PROOF,
    "wechat.receive": Open.BY_PROOF,
    "admissions_pages.claim_page": Open.BY_PROOF,
    "admissions_pages.claim": Open.BY_PROOF,
    "finance_routes.wechat_notified": Open.BY_PROOF,
    "finance_pages.static": Open.TO_ALL,
    "finance_pages.pay_page": Open.BY_PROOF,
    "finance_pages.pay_status": Open.BY_PROOF,
    "students_pages.privacy": Open.TO_ALL,
    "students_pages.ticket_files": Open.IN_WECHAT,
    "students_pages.attachment": Open.IN_WECHAT,
    "security_pages.start": Open.TO_ALL,
    "security_pages.callback": Open.BY_PROOF,
    "security_pages.go": Open.IN_WECHAT,
    "security_pages.page_signature": Open.TO_ALL,
    "portal_pages.static": Open.TO_ALL,
    "portal_pages.me": Open.IN_WECHAT,
}
