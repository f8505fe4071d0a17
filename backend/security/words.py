"""How the console says the words of this room."""

from collections.abc import Mapping

from backend.security.schemas import Role, WeakPassword

ROLES: Mapping[Role, str] = {
    Role.PRINCIPAL: "校长",
    Role.CAMPUS_MANAGER: "校区主管",
    Role.ADVISOR: "招生顾问",
    Role.TEACHER: "教师",
    Role.ACADEMIC: "教务",
    Role.ACCOUNTANT: "财务",
    Role.OFFICE: "行政人事",
    Role.LOGISTICS: "后勤",
    Role.SECURITY: "信息安全",
    Role.AUDITOR: "审计",
}

WEAK: Mapping[WeakPassword, str] = {
    WeakPassword.SHORT: "密码至少需要10个字符，请再加长一些。",
    WeakPassword.LONG: "密码请不要超过128个字符，换一个短一些的即可。",
    WeakPassword.COMMON: "这个密码太常见，容易被猜到，请换一个。",
    WeakPassword.SIMPLE: "这个密码太有规律，容易被猜到，请换一个。",
    WeakPassword.PERSONAL: "密码里请不要带姓名、手机号或用户名，请换一个。",
}

SIGN_IN_WRONG = "手机号（或用户名）与密码不匹配，请核对后再试一次。忘记密码请联系信息安全老师。"
CODE_WRONG = "验证码不对或已用过，请等应用里出现新的验证码后再试一次。"
LOCKED = "为了安全，登录已暂停，请{minutes}分钟后再试。不是您本人操作的话，请告诉信息安全老师。"
OLD_WRONG = "当前密码不对，请核对后再试一次。"
NOT_ALIKE = "两次输入的新密码不一样，请重新输入。"
CHANGED = "密码已更新，其他设备上的登录都已退出。"
SESSION_ENDED = "那台设备已退出登录。"
READY_TO_SIGN_IN = "密码已设置好，请用手机号和新密码登录。"
