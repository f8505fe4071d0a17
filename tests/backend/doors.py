"""The worker's and the clock's processes as tests start them: `python doors.py worker|cron`.

Wired to nothing but the chat, so that these tests stand on the outbox alone; the clock sweeps each
second, so that they are short.
"""

import sys

from backend import cron, worker
from backend.gateways import ports
from backend.gateways.wechat.client import WechatClient
from backend.kit import log

if __name__ == "__main__":
    log.set_up("INFO")
    ports.use(chat=WechatClient.from_settings())
    if sys.argv[1] == "worker":
        worker.run()
    else:
        cron.run((cron.Row("backend.outbox.jobs.sweep", "soon", every_seconds=1),))
