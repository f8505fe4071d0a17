"""The least that a bot can do: Flask and wechatpy, the text back, no database, no understanding."""

import os

from flask import Flask, Response, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto

application = Flask(__name__)
_crypto = WeChatCrypto(
    os.environ["WECHAT_TOKEN"], os.environ["WECHAT_AES_KEY"], os.environ["WECHAT_APPID"]
)


@application.post("/wechat")
def echo() -> Response:
    """Verify, decrypt, parse, echo, encrypt and sign."""
    signature, stamp, nonce = (
        request.args[name] for name in ("msg_signature", "timestamp", "nonce")
    )
    opened = _crypto.decrypt_message(request.get_data(), signature, stamp, nonce)
    message = parse_message(opened)
    xml = create_reply(message.content, message).render()
    return Response(_crypto.encrypt_message(xml, nonce, stamp), mimetype="application/xml")
