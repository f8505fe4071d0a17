"""The WSGI application: the backend's app with the bot's door in it."""

from backend.app import create_app
from bot import webhook

application = create_app(doors=[webhook.blueprint])
