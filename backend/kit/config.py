"""Settings, read once from environment variables (names in `.env.example`)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCAL_SECRET = "local-only-secret"  # noqa: S105 - refused in production below.


class Settings(BaseSettings):
    """Every setting with its local default; a production value is a variable of the same name.

    A setting whose name ends in `_FILE` holds a path. Secrets may also be given by file through
    `SECRETS_DIR` (one file per setting, as Docker and Kubernetes mount them).
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    environment: Literal["local", "production"] = "local"
    var_dir: Path = Path("var")
    public_url: str = "http://127.0.0.1:8000"
    institution_name: str = "培训机构"
    database_url: str = "sqlite:///var/institution.db"
    redis_url: str = "redis://127.0.0.1:6390/0"
    nlu_urls: str = "http://127.0.0.1:5005"
    nlu_timeout_seconds: float = 2.0
    nlu_school_key: SecretStr = SecretStr("")
    log_level: str = "INFO"
    proxy_hops: int = 0
    metrics_allow: str = ""
    website_origins: str = ""

    secret_key: SecretStr = SecretStr(LOCAL_SECRET)
    field_keys: SecretStr = SecretStr("1:" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    blind_index_key: SecretStr = SecretStr(LOCAL_SECRET)
    blind_index_key_previous: SecretStr = SecretStr("")

    wechat_account: str = "gh_7f083739789a"
    wechat_appid: str = "wx5823bf96d3bd56c7"
    wechat_secret: SecretStr = SecretStr("local-wechat-secret")
    wechat_token: SecretStr = SecretStr("local-wechat-token")
    wechat_aes_key: SecretStr = SecretStr("")
    wechat_aes_key_previous: SecretStr = SecretStr("")
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_mp_url: str = "https://mp.weixin.qq.com"
    wechat_open_url: str = "https://open.weixin.qq.com"
    wechat_bridge_url: str = ""
    wechat_templates: str = ""
    wechat_subscriptions: str = ""
    quiet_hours: str = "21:30-08:00"
    ticket_silence_days: int = 3

    wechat_pay_url: str = "https://api.mch.weixin.qq.com"
    wechat_pay_mchid: str = "1900009191"
    wechat_pay_serial: str = ""
    wechat_pay_private_key_file: Path | None = None
    wechat_pay_apiv3_key: SecretStr = SecretStr("")
    wechat_pay_public_key_id: str = ""
    wechat_pay_public_key_file: Path | None = None

    alipay_url: str = "https://openapi.alipay.com"
    alipay_bill_host: str = "dwbillcenter.alipay.com"
    alipay_app_id: str = ""
    alipay_seller_id: str = ""
    alipay_private_key_file: Path | None = None
    alipay_public_key_file: Path | None = None

    invoice_tax_rate: str = "0.01"

    sms_vendor: Literal["json", "aliyun"] = "json"
    sms_url: str = ""
    sms_key_id: str = ""
    sms_key: SecretStr = SecretStr("")
    sms_sign_name: str = ""
    sms_templates: str = ""
    mail_url: str = ""
    mail_user: str = ""
    mail_key: SecretStr = SecretStr("")
    mail_from: str = ""
    receipt_key: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _refuse_local_secrets_in_production(self) -> "Settings":
        if self.environment == "production":
            defaults = Settings.model_fields
            for name in ("secret_key", "field_keys", "blind_index_key", "wechat_secret"):
                if getattr(self, name) == defaults[name].default:
                    raise ValueError(f"set {name.upper()}: its local default is public knowledge")
        return self

    @property
    def nlu_addresses(self) -> list[str]:
        return [url.strip().rstrip("/") for url in self.nlu_urls.split(",") if url.strip()]

    @property
    def website_origin_list(self) -> list[str]:
        """`https://www.example.cn` of each site that may show our chat window."""
        sites = (urlsplit(site.strip()) for site in self.website_origins.split(","))
        return [f"{site.scheme}://{site.netloc}" for site in sites if site.scheme and site.netloc]


@lru_cache
def settings() -> Settings:
    """The settings of this process. Tests call `settings.cache_clear()` after changing the
    environment."""
    import os

    secrets_dir = os.environ.get("SECRETS_DIR")
    return Settings(_secrets_dir=secrets_dir) if secrets_dir else Settings()
