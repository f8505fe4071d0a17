"""Make the keys and secrets both sides need, once.

Running it again changes nothing: keys that exist are kept, values already written are kept. Values
given by the environment are taken over instead of inventing new ones.
"""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.settings import read_env_file

_LETTERS = string.ascii_letters + string.digits
_PAIRS = ("merchant", "platform", "alipay", "alipay_app")


def make_keys(var_dir: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Create what is missing under `var_dir` and return the path of `local.env`."""
    environ = os.environ if environ is None else environ
    keys_dir = (var_dir / "keys").absolute()
    keys_dir.mkdir(parents=True, exist_ok=True)
    for name in _PAIRS:
        _make_pair(keys_dir, name)
    env_file = var_dir / "local.env"
    known = read_env_file(env_file)
    wanted = _fresh_values(keys_dir)
    values = {key: known.get(key) or environ.get(key) or fresh for key, fresh in wanted.items()}
    values.update({key: value for key, value in known.items() if key not in values})
    text = "".join(f"{key}={value}\n" for key, value in values.items())
    if not env_file.exists() or env_file.read_text("utf-8") != text:
        _write_private(env_file, text.encode())
    return env_file


def _fresh_values(keys_dir: Path) -> dict[str, str]:
    """Return every variable of `local.env` with a newly invented value."""
    return {
        "NLU_SCHOOL_KEY": _random(32),
        "WECHAT_SECRET": secrets.token_hex(16),
        "WECHAT_TOKEN": _random(24),
        "WECHAT_AES_KEY": _random_aes_key(),
        "WECHAT_PAY_SERIAL": secrets.token_hex(20).upper(),
        "WECHAT_PAY_PRIVATE_KEY_FILE": str(keys_dir / "merchant_private.pem"),
        "WECHAT_PAY_APIV3_KEY": _random(32),
        "WECHAT_PAY_PUBLIC_KEY_ID": "PUB_KEY_ID_0"
        + "".join(secrets.choice("0123456789") for _ in range(31)),
        "WECHAT_PAY_PUBLIC_KEY_FILE": str(keys_dir / "platform_public.pem"),
        "SANDBOX_PAY_PRIVATE_KEY_FILE": str(keys_dir / "platform_private.pem"),
        "SANDBOX_MERCHANT_PUBLIC_KEY_FILE": str(keys_dir / "merchant_public.pem"),
        "SANDBOX_GATEWAY_KEY": _random(32),
        "ALIPAY_APP_ID": "9021000" + "".join(secrets.choice("0123456789") for _ in range(9)),
        "ALIPAY_SELLER_ID": "2088" + "".join(secrets.choice("0123456789") for _ in range(12)),
        "ALIPAY_PRIVATE_KEY_FILE": str(keys_dir / "alipay_app_private.pem"),
        "ALIPAY_PUBLIC_KEY_FILE": str(keys_dir / "alipay_public.pem"),
        "SANDBOX_ALIPAY_PRIVATE_KEY_FILE": str(keys_dir / "alipay_private.pem"),
        "SANDBOX_ALIPAY_APP_PUBLIC_KEY_FILE": str(keys_dir / "alipay_app_public.pem"),
    }


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _random_aes_key() -> str:
    """Return 43 characters that decode to 32 bytes.

    The last character carries only four meaningful bits, so it is taken from those that strict
    base64 decoders accept.
    """
    return _random(42) + secrets.choice("AEIMQUYcgkosw048")


def _make_pair(keys_dir: Path, name: str) -> None:
    """Write an RSA-2048 pair; a pair half-written by a crash is completed from the private."""
    private_file, public_file = keys_dir / f"{name}_private.pem", keys_dir / f"{name}_public.pem"
    if private_file.exists():
        loaded = serialization.load_pem_private_key(private_file.read_bytes(), password=None)
    else:
        loaded = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _write_private(private_file, pem)
    if not public_file.exists():
        public_file.write_bytes(
            loaded.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )


def _write_private(path: Path, content: bytes) -> None:
    """Write readable by the owner only, and whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    draft.replace(path)
