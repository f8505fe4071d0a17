"""我的推荐码: a family's own code and link inside WeChat (A8)."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backend.admissions.intake import referring
from backend.admissions.referrals import service as referrals
from backend.admissions.referrals.words import STATUSES
from backend.finance.prices.words import benefit
from backend.kit.db import reading
from backend.kit.errors import GatewayError, NotFound
from backend.security import codes
from backend.security import queries as security
from backend.security.schemas import CodeKind
from backend.web.sign_in import wechat_only

blueprint = Blueprint("referral", __name__)


@blueprint.get("/me/referral")
@wechat_only
def shown(openid: str) -> ResponseReturnValue:
    """The code is made when it is first looked at; where the platform gives none, the link does."""
    with reading() as session:
        guardian_id = security.speaker(session, openid).guardian_id
    if guardian_id is None:
        raise NotFound()
    code = referring.code_of(guardian_id)
    try:
        image_url = codes.make(CodeKind.REFERRAL, code, label="推荐").image_url
    except GatewayError:
        image_url = None
    with reading() as session:
        mine = referrals.of_family(session, guardian_id)
        used = referrals.used(session, mine)
        promised = referrals.rule(session)
    return render_template(
        "admissions/referral.html",
        image_url=image_url,
        link=referring.link_of(guardian_id),
        mine=mine,
        used=used,
        statuses=STATUSES,
        promised=benefit(promised) if promised else "",
    )
