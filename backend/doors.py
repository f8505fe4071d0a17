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
    TO_VISITORS = "to_visitors"  # The website's window: only the talk of its own signed cookie.
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
    "web_chat.static": Open.TO_ALL,
    "web_chat.widget": Open.TO_ALL,
    "web_chat.page": Open.TO_ALL,
    "web_chat.hear": Open.TO_VISITORS,
    "web_chat.events": Open.TO_VISITORS,
    "web_chat.go_on": Open.TO_VISITORS,
    "talk_pages.static": Open.TO_ALL,
    "talk_pages.talks": _staff(P.LEAD_TALK),
    "talk_pages.talk": _staff(P.LEAD_TALK),
    "talk_pages.lines": _staff(P.LEAD_TALK),
    "talk_pages.suggestions": _staff(P.LEAD_TALK),
    "talk_pages.answer": _staff(P.LEAD_TALK),
    "talk_pages.take": _staff(P.LEAD_TALK),
    "talk_pages.hand": _staff(P.LEAD_TALK),
    "talk_pages.end": _staff(P.LEAD_TALK),
    "review_pages.static": Open.TO_ALL,
    "review_pages.queued": _staff(P.TEACH_BOT),
    "review_pages.label": _staff(P.TEACH_BOT),
    "review_pages.dismiss": _staff(P.TEACH_BOT),
    "review_pages.models": _staff(P.TEACH_BOT),
    "review_pages.train": _staff(P.TEACH_BOT),
    "review_pages.publish": _staff(P.TEACH_BOT),
    "review_pages.roll_back": _staff(P.TEACH_BOT),
    "admissions_pages.claim_page": _staff(P.CLAIM_LEAD),
    "admissions_pages.claim": _staff(P.CLAIM_LEAD),
    "finance_routes.wechat_notified": Open.BY_PROOF,
    "finance_pages.static": Open.TO_ALL,
    "finance_pages.pay_page": Open.BY_PROOF,
    "finance_pages.pay_status": Open.BY_PROOF,
    "teaching_pages.static": Open.TO_ALL,
    "teaching_pages.roll_call": _staff(P.TAKE_ATTENDANCE),
    "teaching_pages.call_roll": _staff(P.TAKE_ATTENDANCE),
    "teaching_pages.week": Open.IN_WECHAT,
    "students_pages.privacy": Open.TO_ALL,
    "students_pages.ticket_files": Open.IN_WECHAT,
    "students_pages.attachment": Open.IN_WECHAT,
    "security_pages.wechat.start": Open.TO_ALL,
    "security_pages.wechat.callback": Open.BY_PROOF,
    "security_pages.wechat.go": Open.IN_WECHAT,
    "security_pages.wechat.page_signature": Open.TO_ALL,
    "portal_pages.static": Open.TO_ALL,
    "portal_pages.me": Open.IN_WECHAT,
    "portal_pages.messages": Open.IN_WECHAT,
    "portal_pages.wish": Open.IN_WECHAT,
    "portal_pages.stop_page": Open.BY_PROOF,
    "portal_pages.stop": Open.BY_PROOF,
    "security_pages.entrance.ask": Open.TO_ALL,
    "security_pages.entrance.sign_in_by_password": Open.TO_ALL,
    "security_pages.entrance.ask_code": Open.TO_STAFF_SIGNING_IN,
    "security_pages.entrance.sign_in_by_code": Open.TO_STAFF_SIGNING_IN,
    "security_pages.entrance.sign_out": Open.TO_ALL,
    "security_pages.entrance.invitation": Open.BY_PROOF,
    "security_pages.entrance.accept": Open.BY_PROOF,
    "security_pages.account.account": _staff(P.OPEN_DESK),
    "security_pages.account.change_password": _staff(P.OPEN_DESK),
    "security_pages.account.end_session": _staff(P.OPEN_DESK),
    "security_pages.account.ask_app": _staff(P.OPEN_DESK),
    "security_pages.account.set_app": _staff(P.OPEN_DESK),
    "security_pages.audit.trail_page": _staff(P.READ_AUDIT),
    "portal_pages.desk": _staff(P.OPEN_DESK),
    "portal_pages.people.listed": _staff(P.SEE_PEOPLE),
    "portal_pages.people.person": _staff(P.SEE_PEOPLE),
    "portal_pages.people.ask_new": _staff(P.CHANGE_PEOPLE),
    "portal_pages.people.add": _staff(P.CHANGE_PEOPLE),
    "portal_pages.people.move": _staff(P.CHANGE_PEOPLE),
    "portal_pages.people.invite": _staff(P.CHANGE_PEOPLE),
    "portal_pages.people.reset_app": _staff(P.CHANGE_PEOPLE),
    "portal_pages.people.deactivate": _staff(P.CHANGE_PEOPLE),
    "portal_pages.people.end_session": _staff(P.CHANGE_PEOPLE),
}
