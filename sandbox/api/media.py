"""Temporary and permanent media: uploaded by the account or sent from a phone."""

from __future__ import annotations

import mimetypes
import secrets

from flask import Response, jsonify, request, send_file

from sandbox.api.errors import ApiError
from sandbox.api.gate import api_blueprint
from sandbox.world import World, here

media = api_blueprint("media")
files = api_blueprint("files", guarded=False)
KEPT_SECONDS = 3 * 86_400
_LIMITS = {"image": 2 * 2**20, "voice": 2 * 2**20, "video": 10 * 2**20, "thumb": 64 * 2**10}


def keep_media(
    world: World, kind: str, filename: str, content: bytes, *, permanent: bool = False
) -> str:
    """Store bytes and return their media_id; the file is there before anybody can know the id."""
    media_id = secrets.token_urlsafe(48)
    mime = mimetypes.guess_type(filename)[0] or _MIME.get(kind, "application/octet-stream")
    world.settings.media_dir.mkdir(parents=True, exist_ok=True)
    (world.settings.media_dir / media_id).write_bytes(content)
    world.store.run(
        "INSERT INTO media (media_id, kind, filename, mime, permanent, ts)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        media_id, kind, filename, mime, int(permanent), world.clock.now(),
    )  # fmt: skip
    return media_id


_MIME = {"image": "image/jpeg", "voice": "audio/amr", "video": "video/mp4", "thumb": "image/jpeg"}


def require_media(world: World, media_id: str) -> dict[str, str]:
    """Return what is known of a media_id; raises 40007 when unknown or older than three days."""
    found = world.store.row("SELECT * FROM media WHERE media_id = ?", media_id)
    if found is None:
        raise ApiError(40007)
    if not found["permanent"] and found["ts"] + KEPT_SECONDS <= world.clock.now():
        raise ApiError(40007)
    return {name: found[name] for name in ("kind", "filename", "mime")}


@media.post("/cgi-bin/media/upload")
def upload() -> Response:
    """Keep a file for three days."""
    kind = request.args.get("type", "")
    media_id = keep_media(here(), kind, *_uploaded(kind))
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return jsonify({"type": kind, name: media_id, "created_at": int(here().clock.now())})


@media.post("/cgi-bin/media/uploadimg")
def upload_article_image() -> Response:
    """Keep a picture for good and return an address for articles."""
    media_id = keep_media(here(), "image", *_uploaded("image"), permanent=True)
    return jsonify(url=f"{here().settings.url}/media/{media_id}")


@media.get("/cgi-bin/media/get")
def download() -> Response:
    """Return the bytes; a video answers with an address instead, as it does at WeChat."""
    media_id = request.args.get("media_id", "")
    known = require_media(here(), media_id)
    if known["kind"] in ("video", "shortvideo"):
        return jsonify(video_url=f"{here().settings.url}/media/{media_id}")
    return send_file(
        (here().settings.media_dir / media_id).absolute(),
        mimetype=known["mime"],
        as_attachment=True,
        download_name=known["filename"],
    )


@files.get("/media/<media_id>")
def view(media_id: str) -> Response:
    """Show a file to a browser, as PicUrl does."""
    known = require_media(here(), media_id)
    path = (here().settings.media_dir / media_id).absolute()
    return send_file(path, mimetype=known["mime"])


def _uploaded(kind: str) -> tuple[str, bytes]:
    """Return the name and bytes of the form field `media`, checked against the official limits."""
    if kind not in _LIMITS:
        raise ApiError(40004)
    sent = request.files.get("media")
    if sent is None:
        raise ApiError(41005)
    content = sent.read()
    if not content or len(content) > _LIMITS[kind]:
        raise ApiError(40006)
    return sent.filename or f"upload.{kind}", content
