"""信息安全 Security: who may.

Words: Account 账号 (a member of staff), Role 角色, WechatIdentity 微信身份 (an openid and whom it
speaks for), AuditEntry 审计记录, Code 二维码 (what a printed code stands for), Scan 扫码,
Permission 权限, Scope 范围, ConsoleSession 会话 (a browser signed in to the console).
Promise: default deny; whoever is unknown is a stranger; every claim to be somebody has a row here.
"""
