"""密钥轮换: how far the change of keys has come, for the security officer."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit import crypto, queue
from backend.kit.db import reading, unit_of_work
from backend.security import rotation
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember

blueprint = Blueprint("keys", __name__)
PATH = "/console/keys"


@blueprint.get(PATH)
@staff_only(Permission.ROTATE_KEYS)
def progress(_me: StaffMember) -> ResponseReturnValue:
    """Where the rotation stands; asked again every few seconds while it runs."""
    with reading() as session:
        found = rotation.latest(session)
        runs = found is not None and found.finished_at is None
        is_needed = not runs and rotation.is_needed(session)  # Counting reads whole tables.
        left = 0 if runs else rotation.left_over(session)
    return render_template(
        "security/keys_now.html" if "HX-Request" in request.headers else "security/keys.html",
        rotation=found,
        is_needed=is_needed,
        left=left,
        current=crypto.current_key_id(),
        former=crypto.key_ids()[1:],
        has_index=crypto.has_previous_index_key(),
    )


@blueprint.post(PATH)
@staff_only(Permission.ROTATE_KEYS)
def begin(me: StaffMember) -> ResponseReturnValue:
    """Start, or find the one under way; workers do the rest."""
    with unit_of_work() as session:
        rotation.begin(session, by=f"account:{me.id}")
    queue.defer("backend.security.jobs.rotate_keys")
    return redirect(PATH, 303)
