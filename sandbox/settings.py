"""What the sandbox is told from outside: environment variables, then `$VAR_DIR/local.env`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_APPID = "wx5823bf96d3bd56c7"
DEFAULT_ACCOUNT = "gh_7f083739789a"
DEFAULT_MCHID = "1900009191"


@dataclass(frozen=True)
class Settings:
    """One running sandbox. Durations are seconds; `*_file` are paths of PEM files."""

    var_dir: Path
    host: str = "127.0.0.1"
    port: int = 8001
    url: str = "http://127.0.0.1:8001"
    public_url: str = "http://127.0.0.1:8000"
    appid: str = DEFAULT_APPID
    secret: str = ""
    token: str = ""
    account: str = DEFAULT_ACCOUNT
    account_name: str = "培训机构"
    aes_key: str = ""
    mode: str = "safe"
    mchid: str = DEFAULT_MCHID
    merchant_serial: str = ""
    merchant_public_key_file: Path = Path()
    apiv3_key: str = ""
    platform_key_id: str = ""
    platform_private_key_file: Path = Path()
    gateway_key: str = ""
    receipt_key: str = ""
    smtp_port: int = 0
    alipay_app_id: str = ""
    alipay_seller_id: str = ""
    alipay_private_key_file: Path = Path()
    alipay_app_public_key_file: Path = Path()
    patience: float = 5.0
    delivery_threads: int = 64
    traffic_kept: int = 4000

    @property
    def webhook_url(self) -> str:
        """Where the bot listens."""
        return f"{self.public_url.rstrip('/')}/wechat"

    @property
    def database(self) -> Path:
        """The SQLite file with everything the phones have shown."""
        return self.var_dir / "sandbox.db"

    @property
    def media_dir(self) -> Path:
        """Uploaded pictures and voices."""
        return self.var_dir / "sandbox_media"


def read_env_file(path: Path) -> dict[str, str]:
    """Return the KEY=VALUE lines of an env file; a missing file is an empty one."""
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text("utf-8").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs if not key.startswith("#")}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: the environment wins over `$VAR_DIR/local.env`, which wins over defaults.

    Raises ValueError when WECHAT_MODE is not plain, compat or safe.
    """
    environ = os.environ if environ is None else environ
    var_dir = Path(environ.get("VAR_DIR") or "var")
    merged = {
        **read_env_file(var_dir / "local.env"),
        **{key: value for key, value in environ.items() if value},
    }
    keys = var_dir / "keys"

    def text(name: str, default: str = "") -> str:
        return merged.get(name, default)

    def path(name: str, default: str) -> Path:
        return Path(merged.get(name, str(keys / default)))

    port = int(text("SANDBOX_PORT", "8001"))
    mode = text("WECHAT_MODE", "safe")
    if mode not in ("plain", "compat", "safe"):
        raise ValueError(f"WECHAT_MODE must be plain, compat or safe, not {mode!r}")
    return Settings(
        var_dir=var_dir,
        host=text("SANDBOX_HOST", "127.0.0.1"),
        port=port,
        url=text("SANDBOX_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        public_url=text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        appid=text("WECHAT_APPID", DEFAULT_APPID),
        secret=text("WECHAT_SECRET"),
        token=text("WECHAT_TOKEN"),
        account=text("WECHAT_ACCOUNT", DEFAULT_ACCOUNT),
        account_name=text("SANDBOX_ACCOUNT_NAME", "培训机构"),
        aes_key=text("WECHAT_AES_KEY"),
        mode=mode,
        mchid=text("WECHAT_PAY_MCHID", DEFAULT_MCHID),
        merchant_serial=text("WECHAT_PAY_SERIAL"),
        merchant_public_key_file=path("SANDBOX_MERCHANT_PUBLIC_KEY_FILE", "merchant_public.pem"),
        apiv3_key=text("WECHAT_PAY_APIV3_KEY"),
        platform_key_id=text("WECHAT_PAY_PUBLIC_KEY_ID"),
        platform_private_key_file=path("SANDBOX_PAY_PRIVATE_KEY_FILE", "platform_private.pem"),
        gateway_key=text("SANDBOX_GATEWAY_KEY"),
        receipt_key=text("RECEIPT_KEY"),
        smtp_port=int(text("SANDBOX_SMTP_PORT", "0")),
        alipay_app_id=text("ALIPAY_APP_ID"),
        alipay_seller_id=text("ALIPAY_SELLER_ID"),
        alipay_private_key_file=path("SANDBOX_ALIPAY_PRIVATE_KEY_FILE", "alipay_private.pem"),
        alipay_app_public_key_file=path(
            "SANDBOX_ALIPAY_APP_PUBLIC_KEY_FILE", "alipay_app_public.pem"
        ),
        patience=float(text("SANDBOX_PATIENCE", "5")),
        delivery_threads=int(text("SANDBOX_DELIVERY_THREADS", "64")),
        traffic_kept=int(text("SANDBOX_TRAFFIC_KEPT", "4000")),
    )
