"""The WeChat official account's server API, over our own thin client.

wechatpy is not used here: its token is fetched from the legacy interface without a lock, and its
retry on a stale token never ends. Promise: one access token for all processes, one retry, errors
that name their fix, and every host a setting, so that the sandbox can stand in.
"""
