"""Who answers: a person who leads the talk > what the bot waits for > a command > the menu > what
was understood > a person."""

from collections.abc import Callable

from backend.outbox import service as outbox
from backend.security import service as security
from backend.security.schemas import Permission, Role
from backend.students import attachments
from bot.flows import (
    absences,
    arrears,
    bills,
    binding,
    books,
    callbacks,
    calling,
    cards,
    casework,
    codes,
    comparing,
    courses,
    curriculum,
    details,
    faq,
    files,
    following,
    form,
    freezing,
    haggling,
    handoff,
    homework,
    identity,
    inviting,
    leading,
    moving,
    papers,
    people,
    prices,
    privacy,
    referring,
    refunds,
    reminding,
    school_day,
    scores,
    seats,
    shown,
    sign_up,
    sign_up_answers,
    sign_up_more,
    small_talk,
    staff,
    staffing,
    study,
    takings,
    tickets,
    trials,
    verdicts,
    waitlist,
    whose,
    wishes,
)
from bot.flows.talk import UNSURE, Talk
from bot.inbound import Kind
from bot.interpreter import in_context, mood, words
from bot.interpreter.context import STAFF
from bot.interpreter.meaning import SURE
from bot.replies import SILENCE, Reply

Flow = Callable[[Talk], Reply]

FORMS = {
    each.name: each
    for each in (
        *(sign_up.FORM, refunds.FORM, tickets.COMPLAINT, tickets.FEEDBACK, codes.REPAIR),
        *(binding.BIND, binding.UNBIND, freezing.FREEZE, freezing.BY_CODE, freezing.THAW),
        *(inviting.ACCEPT, details.UPDATE, details.PHONE),
        *(absences.LEAVE, absences.MAKEUP, calling.ROLL, seats.CHANGE, seats.PAUSE),
        *(trials.FORM, trials.WHICH, waitlist.FORM, callbacks.FORM),
        *(following.FOLLOW, prices.RENEW),
        *(homework.SET, homework.HAND_IN),
        *(moving.MOVE, curriculum.NOTE),
        *(papers.INVOICE, papers.TRANSFER),
    )
}
CONSULTING = ("ask_price", "ask_course", "ask_class_time")
POLITE = ("greet", "thank", "goodbye", "affirm")  # Said beside a wish, they are part of its tone.
OWN = {"my_schedule", "my_balance", "my_orders"}
NO_ASIDE = ("affirm", "deny", "approve", "reject", "cancel", "renew", "out_of_scope")

_SPOKEN = {
    *(Kind.TEXT, Kind.VOICE, Kind.MENU, Kind.IMAGE, Kind.VIDEO, Kind.FILE, Kind.LOCATION),
    *(Kind.LINK, Kind.SCAN),
}

INTENTS: dict[str, Flow] = {
    "greet": small_talk.greet,
    "thank": small_talk.thank,
    "goodbye": small_talk.goodbye,
    "affirm": sign_up.agree,
    "deny": small_talk.cancel,
    "cancel": sign_up.cancel,
    "ask_capability": small_talk.capability,
    "ask_bot": small_talk.bot,
    "out_of_scope": people.outside,
    "request_human": people.to_person,
    "ask_course": courses.consult,
    "ask_price": courses.consult,
    "ask_class_time": courses.consult,
    "ask_teacher": courses.teachers,
    "ask_campus": courses.campus,
    "ask_promotion": people.pass_to(Role.ADVISOR),
    "ask_enrollment": courses.enrollment,
    "ask_refund_policy": courses.refund_policy,
    "book_trial": trials.begin,
    "sign_up": sign_up.begin,
    "request_callback": callbacks.begin,
    "bind_account": identity.bind,
    "my_schedule": study.timetable,
    "my_balance": study.balance,
    "my_orders": study.orders,
    "pay": study.pay,
    "renew": prices.renew,
    "request_refund": refunds.begin,
    "request_invoice": papers.invoice,
    "request_leave": lambda talk: calling.overheard(talk) or absences.leave(talk),
    "request_makeup": absences.makeup,
    "change_class": seats.change,
    "pause_study": seats.pause,
    "my_homework": homework.asked,
    "my_grades": scores.asked,
    "my_attendance": school_day.attendance,
    "join_online_class": whose.first("join_online_class", people.pass_to(Role.ACADEMIC)),
    "get_material": whose.first("get_material", people.pass_to(Role.ACADEMIC)),
    "update_profile": details.begin,
    "rate_teacher": tickets.feedback,
    "complain": tickets.complain,
    "give_feedback": tickets.feedback,
    "ticket_status": tickets.progress,
    "staff_leads": staff.leads,
    "log_followup": following.follow_up,
    "staff_tasks": casework.tasks_of,
    "approve": staff.decide,
    "reject": staff.decide,
    "request_supplies": staff.only_for(Permission.REQUEST_SUPPLIES, people.pass_to(Role.LOGISTICS)),
    "request_expense": staff.only_for(Permission.REQUEST_EXPENSE, books.explain),
    "staff_report": staff.report,
    "stock_query": staff.only_for(Permission.SEE_STOCK, people.pass_to(Role.LOGISTICS)),
    "take_attendance": calling.begin,
    "report_fault": codes.fault,
    "book_room": staff.only_for(Permission.BOOK_ROOM, people.pass_to(Role.ACADEMIC)),
    "find_document": staff.only_for(Permission.FIND_DOCUMENT, people.pass_to(Role.OFFICE)),
}
MENU: dict[str, Flow] = {
    "courses": courses.consult,
    "sign_up": sign_up.begin,
    "campus": courses.campus,
    "timetable": study.timetable,
    "balance": study.balance,
    "orders": study.orders,
    "complain": tickets.complain,
    "ticket_status": tickets.progress,
    "person": people.to_person,
    "repair": codes.repair,
    "leads": staff.leads,
    "report": staff.report,
    "messages": wishes.settings,
    "leave": absences.leave,
    "makeup": absences.makeup,
    "refund": refunds.begin,
    "roll": calling.begin,
    "tickets": casework.mine,
    "tasks": casework.tasks_of,
    "bind": binding.begin,
    "me": identity.about,
}


def answer(talk: Talk) -> Reply:
    """The reply to one message or event; silence for what nobody expects an answer to."""
    if talk.incoming.kind in _SPOKEN:
        talk.meet()
        if talk.speaker.is_frozen:
            return freezing.frozen(talk)
    match talk.incoming.kind:
        case Kind.TEXT | Kind.VOICE if talk.text:
            return _to_text(talk)
        case Kind.FOLLOW | Kind.SCAN:
            return codes.scanned(talk)
        case Kind.UNFOLLOW:
            security.unfollow(talk.session, talk.openid)
            attachments.withdraw(talk.session, openid=talk.openid, only_loose=True)
            handoff.leave(talk)
            talk.state.leave()
            return SILENCE
        case Kind.MENU:
            flow = MENU.get(talk.incoming.key)
            return flow(talk) if flow else small_talk.capability(talk)
        case Kind.IMAGE | Kind.VOICE | Kind.VIDEO | Kind.FILE:
            kept = files.received(talk, FORMS.get(talk.state.flow or ""))
            heard = handoff.hear(talk, FORMS)
            return kept if heard is None else heard
        case Kind.LOCATION:
            return courses.nearest_campus(talk)
        case Kind.SUBSCRIPTIONS:
            outbox.note_subscriptions(
                talk.session,
                openid=talk.openid,
                event=talk.incoming.facts.get("Event", "").lower(),
                listed=talk.incoming.listed,
            )
            return SILENCE
        case Kind.RECEIPT:
            facts = talk.incoming.facts
            outbox.note_receipt(
                talk.session,
                platform_id=facts.get("MsgID", facts.get("MsgId", "")),
                status=facts.get("Status", ""),
            )
            return SILENCE
        case Kind.OTHER:
            return SILENCE
        case _:
            return small_talk.no_text(talk)


def _to_text(talk: Talk) -> Reply:
    if staff.is_claim(talk):
        return staff.claim(talk)
    carded = cards.heard(talk) or referring.heard(talk)
    if carded is not None:
        return carded
    if staff.is_answer(talk):
        return staff.answer(talk)
    if staff.is_about_figures(talk):
        return staff.report(talk)
    if reminding.is_asked(talk):
        return reminding.outlook(talk)
    booked = bills.heard(talk) or books.heard(talk)
    if booked is not None:
        return booked
    carried = (
        callbacks.made(talk)
        or takings.asked(talk)
        or casework.heard(talk)
        or leading.lead(talk)
        or following.heard(talk)
    )
    if carried is not None:
        return carried
    is_customer = talk.speaker.account_id is None
    wished = (
        identity.heard(talk)
        or wishes.heard(talk)
        or privacy.heard(talk)
        or refunds.heard(talk)
        or waitlist.answered(talk)
        or prices.heard(talk)
        or arrears.heard(talk)
        or papers.heard(talk)
        or (verdicts.numbered(talk) if is_customer else None)
        or tickets.unnamed(talk)
    )
    if wished is not None:
        return _and_on(talk, wished)
    carried = handoff.hear(talk, FORMS)
    if carried is not None:
        return carried
    settled = verdicts.bare(talk) or tickets.unnamed_by_staff(talk)
    if settled is not None:
        return _and_on(talk, settled)
    if talk.speaker.account_id is None and mood.is_angry(talk.plain):
        return people.soothe(talk)
    talk.meaning = in_context(
        talk.meaning,
        is_staff=talk.speaker.account_id is not None,
        is_ours=bool(talk.speaker.guardian_id or talk.speaker.student_id),
        last=talk.state.topic.get("asked", ""),
    )
    arranged = (
        trials.heard(talk)
        or waitlist.heard(talk)
        or moving.heard(talk)
        or staffing.decided(talk)
        or staffing.cancelled(talk)
        or calling.summarise(talk)
        or homework.heard(talk)
        or scores.heard(talk)
        or curriculum.heard(talk)
        or school_day.asked(talk)
        or absences.taken_back(talk)
    )
    if arranged is not None:
        return arranged
    waiting = FORMS.get(talk.state.flow or "")
    if waiting is not None:
        reply = form.resume(talk, waiting, _aside, people.beside)
        return form.back_to_paused(talk, FORMS, reply)
    picked = whose.chosen(talk, INTENTS)
    if picked is not None:
        return picked
    corrected = sign_up.correct_finished(talk) or sign_up.another(talk)
    if corrected is not None:
        return corrected
    chosen = small_talk.chosen_option(talk)
    if chosen is not None:
        return INTENTS[chosen](talk)
    picked = sign_up.pick_shown(talk)
    if picked is not None:
        return picked
    followed = study.follow_up(talk)
    if followed is not None:
        return followed
    if sign_up_answers.announces(talk) or sign_up_more.pair(talk):
        return sign_up.begin(talk)
    opened = small_talk.opener(talk) or small_talk.parent(talk) or courses.told_grade(talk)
    if opened is not None:
        return opened
    taken_back = verdicts.word(talk) or tickets.withdraw(talk) or tickets.supplement(talk)
    if taken_back is not None:
        return taken_back
    return _by_meaning(talk) or courses.refine(talk) or faq.near(talk) or people.unclear(talk)


def _and_on(talk: Talk, reply: Reply) -> Reply:
    """The reply, and once more the question of the form that it has left open."""
    held = FORMS.get(talk.state.flow or "")
    return reply.then(form.remind(talk, held)) if held and not talk.has_asked else reply


def _by_meaning(talk: Talk) -> Reply | None:
    """Answer each wish of the message; None when nothing was understood well enough."""
    if people.is_asked_for(talk):
        talk.doubt, talk.state.misunderstood = "", 0
        return people.to_person(talk)
    told = faq.known(talk) or comparing.asked(talk) or shown.about(talk)
    if told is not None:
        return told
    wishes = [name for name in talk.meaning.wishes if name in INTENTS]
    cheaper = courses.cheaper(talk) if "complain" not in wishes else None
    if cheaper is not None:
        return cheaper
    haggled = haggling.asked(talk) if "complain" not in wishes else None
    if haggled is not None:
        talk.state.misunderstood = 0
        return haggled
    if not wishes:
        return None
    if wishes == ["out_of_scope"] and courses.only_narrows(talk):
        return courses.refine(talk)  # «三年级 周末» says nothing by itself.
    if wishes == ["out_of_scope"] and (answer := faq.near(talk)) is not None:
        return answer
    talk.doubt = "" if talk.meaning.best.confidence >= SURE else UNSURE
    if wishes != ["out_of_scope"]:
        talk.state.misunderstood = 0
    if "complain" in wishes:
        wishes = ["complain"]  # Whoever complains wants to be heard, not sold something.
    if talk.speaker.account_id is None:
        # «预算3000» beside a question about classes applies for nothing.
        wishes = [name for name in wishes if name not in STAFF] or wishes
    if "book_trial" in wishes and "ask_price" not in wishes:
        # «周六英语能试听吗»: the lessons that can be tried are the answer.
        wishes = [n for n in wishes if n not in (*CONSULTING, "sign_up", "ask_enrollment")]
    if any(name in CONSULTING for name in wishes):
        # One list answers prices, times and contents alike, and «报名» may follow it.
        wishes = [n for n in wishes if n not in (*CONSULTING, "sign_up", "ask_enrollment")]
        is_own = "my_schedule" in wishes and talk.speaker.is_known
        if not (is_own and words.subject(talk.text) is None):
            # «什么时候上课» beside a question about classes means those.
            wishes = ["ask_course", *(name for name in wishes if name != "my_schedule")]
    matters = [name for name in wishes if name not in POLITE]
    reply = SILENCE
    for name in (matters or wishes)[:2]:
        reply = reply.then(INTENTS[name](talk))
    return privacy.ask_anew(talk, reply) if OWN & set(wishes) else reply


def _aside(talk: Talk) -> Reply | None:
    """Something else in the middle of a form; what would start the same form again is no aside."""
    if talk.meaning.best.name in (*NO_ASIDE, talk.state.flow):
        return None
    return _by_meaning(talk) or faq.near(talk)
