"""The WSGI application: the backend's app with the bot's doors in it."""

from backend.app import create_app
from bot import review_pages, talk_pages, web_chat, webhook

application = create_app(
    doors=[webhook.blueprint],
    pages=[talk_pages.blueprint, review_pages.blueprint],
    windows=[web_chat.blueprint],
)
