"""Putting one sandbox together."""

from __future__ import annotations

import atexit

from flask import Flask, Response, jsonify

from sandbox import phones
from sandbox.aliyun import aliyun
from sandbox.api.media import files, media
from sandbox.api.menus import menus
from sandbox.api.messages import messages
from sandbox.api.oauth import oauth, tickets
from sandbox.api.opening import open_calls
from sandbox.api.people import codes, people
from sandbox.api.templates import templates
from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.courier import Courier
from sandbox.faults import Faults
from sandbox.keys import make_keys
from sandbox.outside import outside
from sandbox.page.consent import consent
from sandbox.page.control import control
from sandbox.page.phone_api import phone_api
from sandbox.pay.alipay import alipay
from sandbox.pay.cashier import cashier
from sandbox.pay.notices import Notary
from sandbox.pay.routes import pay
from sandbox.settings import Settings, load_settings
from sandbox.smtp import MailServer
from sandbox.store import Store
from sandbox.traffic import Traffic
from sandbox.world import World

LARGEST_BODY = 12 * 2**20


def make_world(settings: Settings) -> World:
    """Open the file, seat the cast and start the threads."""
    store, bell = Store(settings.database), Bell()
    clock = Clock(store)
    traffic = Traffic(store, clock, bell, settings.traffic_kept)
    world = World(settings, store, clock, bell, traffic, Faults(store))
    world.courier, world.notary = Courier(world), Notary(world)
    with store.unit():
        phones.seat_cast(world)
    world.courier.resume()
    world.notary.start()
    if settings.smtp_port:
        world.mail_server = MailServer(world, settings.smtp_port)
    return world


def create_app(settings: Settings | None = None) -> Flask:
    """Make the WSGI app; without settings they are read from the environment and the keys made."""
    if settings is None:
        make_keys(load_settings().var_dir)
        settings = load_settings()
    app = Flask("sandbox", static_folder="page/static", template_folder="page/templates")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    world = make_world(settings)
    app.extensions["sandbox"] = world
    for blueprint in (
        open_calls, messages, media, files, menus, people, codes, templates, oauth, tickets,
        pay, cashier, alipay, aliyun, outside, phone_api, consent, control,
    ):  # fmt: skip
        app.register_blueprint(blueprint)
    app.register_error_handler(404, _unknown)
    atexit.register(close, app)
    return app


def close(app: Flask) -> None:
    """Stop the threads; a second call does nothing."""
    world: World = app.extensions["sandbox"]
    world.bell.close()
    world.courier.stop()
    world.notary.stop()
    if world.mail_server is not None:
        world.mail_server.shutdown()
        world.mail_server.server_close()
        world.mail_server = None


def _unknown(error: Exception) -> tuple[Response, int]:
    return jsonify(errcode=404, errmsg="the sandbox does not know this address"), 404
