"""What another process does in the token tests: send many messages from many threads."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from redis import Redis

from backend.gateways.wechat.client import WechatClient

TEXT = {"msgtype": "text", "text": {"content": "您好"}}


def send_many(url: str, redis_url: str, count: int) -> None:
    """Send `count` messages over 20 threads; any refusal raises."""
    with Redis.from_url(redis_url) as redis:
        client = WechatClient(appid="wx1", secret="right", api_url=url, mp_url=url, redis=redis)
        with closing(client), ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda number: client.send(f"o{number}", TEXT), range(count)))
