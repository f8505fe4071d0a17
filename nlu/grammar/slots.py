"""Fills the slots of patterns: each call returns one believable spelling of an entity."""

import random
from collections.abc import Callable

from understanding.guesses import GIVEN_CHARACTERS
from understanding.lexicon import lexicon
from understanding.patterns import SURNAMES

Chance = random.Random

CLASS = "班"
DIGITS = "零一二三四五六七八九十"
GIVEN = (
    "伟 芳 娜 敏 静 丽 强 磊 洋 艳 勇 军 杰 娟 涛 超 明 霞 平 刚 桂英 子涵 浩然 欣怡 梓轩 雨桐 思远 佳怡 宇航 诗涵 俊杰 子墨 一诺 "
    "梓萱 若曦 可馨 嘉豪 天佑 小宝 晨曦 晓明 雅婷 文博 志强 建国 秀英 婷婷 小雨 语嫣 泽宇 睿 晗 昊天 依诺 艺涵 沐宸 安琪 家乐"
).split()
NICKNAMES = (
    "乐乐 豆豆 小米 朵朵 果果 糖糖 毛毛 小宇 轩轩 萌萌 阳阳 妞妞 浩浩 涵涵 琪琪 小鱼儿 大宝 二宝 童童 彤彤 豆豆儿 丫丫 牛牛 虎子 石头 小石头 嘟嘟 "
    "贝贝 多多 米粒 团子 汤圆 年糕 小满 安安 诺诺 壮壮 球球 皮皮 可可 西西 点点 六六 七七 小七 小九 土豆 布丁 芒果 柚子 桃子 糯米 小核桃 可乐 笑笑 "
    "圆圆 甜甜 悠悠 辰辰 航航 宸宸 小雨点 小葡萄 小叶子 阿宝 阿杰 阿豪 强子 小胖 小虎 天天 楠楠 依依 然然 月月"
).split()
# How staff speak of customers and colleagues: 张女士, 王总, 刘姐, 小陈, 老周.
TITLES = "女士 女士 女士 先生 先生 小姐 总 姐 哥 阿姨 叔叔 妈妈 爸爸 奶奶 爷爷 太太 校长 主任 经理 顾问 同学 小朋友".split()
DOUBLE_SURNAMES = "欧阳 上官 司马 诸葛 慕容 司徒 尉迟 皇甫 东方 令狐 夏侯 端木".split()
ENGLISH = (
    "Eva Nina Leon Max Felix Ivy Luna Stella Zoe Ethan Owen Leo Dylan Aaron Sunny Apple Candy Cherry Kelly Helen Mandy Wendy Fiona "
    "Jessica Michelle Rebecca Sean Simon Victor Vicky Yoyo Momo Didi Doris Elsa Elena lily tom amy jack mike david lucy kevin Emma Leo Anna Coco Jason Eric Cindy Bella Peter Daniel Sophia Jerry Angela Max Oscar Vivian "
    "Ryan Ella Grace Tony Alice Andy Mia Lucas Chloe Henry Iris Bobby"
).split()
# What a family asks for: a paper or a file. A bare 资料 names nothing.
MATERIALS = (
    "课件 课件 讲义 讲义 ppt 卷子 试卷 练习卷 模拟卷 练习题 真题 答案 参考答案 练习册答案 笔记 课堂笔记 板书 单词表 词汇表 生词表 "
    "谱子 琴谱 曲谱 歌谱 五线谱 简谱 歌词 提纲 复习提纲 知识点 思维导图 学案 导学案 错题集 错题本 范文 字帖 题库 公式表 听写单 预习单 "
    "作业单 练习纸 口算题 阅读题 书单 背诵篇目 考纲 棋谱 图纸 步骤图 画稿 线稿 源代码 代码 句型表 语法表 音标表 拼音表 默写纸 学习单 "
    "课后练习 随堂测 测试卷 周测卷 期末卷 月考卷 听力原文 课文译文 朗读稿 演讲稿 剧本 动作图解"
).split()
# Words of which papers and things of no list are made.
PAPER_ABOUT = (
    "退费 招生 续费 试听 转班 请假 考勤 排课 教务 前台 财务 采购 物资 仓库 安全 消防 卫生 防汛 疫情 暑期 寒假 秋季 春季 开学 期末 家长会 "
    "开放日 公开课 团课 体验课 测评 考级 比赛 演出 汇演 夏令营 研学 地推 转介绍 老带新 会员 积分 直播 短视频 公众号 新生 学员 家长 教师 助教 "
    "顾问 店长 兼职 实习生 新人 入职 转正 离职 晋升 绩效 工资 提成 社保 报销 借款 发票 合同 租房 装修 维修 设备 教具 图书 校车 食堂 宿舍 钥匙 "
    "印章 门禁 监控 应急 客诉 回访 电话 微信 社群 朋友圈 团购 促销 双十一 元旦 春节 国庆 六一 周年庆 分校 校区 加盟 英语 数学 美术 舞蹈 钢琴 "
    "篮球 编程 书法 口才 幼儿 小学 初中 艺考 中考 1对1 小班 上半年 下半年 季度 年度 每周 月度"
).split()
PAPER_KIND = (
    "方案 方案 表 表 表格 流程 流程图 制度 规定 办法 细则 须知 指南 手册 模板 模板 话术 清单 名单 台账 记录 记录表 登记表 申请表 申请单 评分表 "
    "统计表 汇总表 签到表 安排表 时间表 进度表 报告 总结 计划 计划书 策划案 预算 预算表 合同 协议 协议书 承诺书 告知书 通知 公告 海报源文件 "
    "ppt 课件 教案 大纲 标准 说明 说明书 问卷 文案 脚本 推文 邀请函 证明 证书模板 回执 收据模板 范本 样表 文件 底稿 excel"
).split()
THING_SORT = (
    "红色 黑色 蓝色 白色 彩色 粉色 大号 小号 加厚 加大 一次性 便携 无线 可擦 加长 儿童 成人 学生 教师 备用 新款 木质 塑料 不锈钢 硅胶 透明 "
    "防水 家用 商用 A4 A3 8K 4K 16开 八开 四开 五号 七号 12色 24色 36色 两孔 三孔 5米"
).split()
KIDS = "孩子 娃 我家孩子 宝宝 我儿子 我女儿 闺女 小孩 我娃 我家娃 小朋友 我家小子 小孩子 我姑娘 俺家娃 我家宝贝 老大 老二 我孙子 我外甥 弟弟 妹妹".split()
GRADES = (
    "一年级 二年级 三年级 四年级 五年级 六年级 七年级 八年级 九年级 初一 初二 初三 高一 高二 高三 幼儿园 中班 大班 小学 初中 高中 小一 小二 "
    "小五 幼升小 小升初 学前 小学生 成人 3年级 5年级 2年级 4岁 5岁 六岁 7岁半 八岁 10岁 三岁半 12岁 四五岁 大一 一升二 三升四 高中生 初中生 "
    "一二年级 5岁半 初2 高3 三周岁"
).split()
DAYS = (
    "今天 明天 后天 大后天 昨天 前天 今晚 明晚 周一 周二 周三 周四 周五 周六 周日 周天 星期一 星期三 星期五 星期六 星期天 礼拜二 礼拜六 礼拜天 "
    "下周一 下周三 下周六 这周五 这周六 本周日 上周三 上周六 周末 这周末 下周末 5号 12号 月底 3月15号 九月一号 10月8日 明儿 今儿 下星期二 "
    "下礼拜天 这礼拜 下周 这周 本周 上周 国庆 五一 暑假 寒假 下个月 这个月 上个月 本月 端午 过年 开学 期末 周一到周五 每周六 每周三 工作日 下学期 "
    "本学期 12月25号 6月 七月份 周六周日 20号"
).split()
PARTS = "上午 下午 晚上 早上 中午 傍晚".split()
HOURS = "七点 7点 八点半 8点半 3点 三点 两点 2点 九点 10点 十点半 19:00 14:30 18：30 6点 五点半 4点钟 两点一刻 七点到九点 3点-5点 9点半 下午四点".split()
SPANS = "一个月 两周 半个月 三天 一周 两个月 半年".split()
FEES = "打车费 餐费 快递费 场地费".split()
# What is counted: a paid lesson is not counted as a thing is, nor a leave as a score.
COUNTERS = {
    "lessons": "节 节 节课 课时 次课 次".split(),
    "things": "盒 包 箱 支 个 瓶 套 张 本 台 把".split(),
    "people": "人 人 个 位 名 个人".split(),
    "spell": "天 天 周 个月 个星期".split(),
    "hours": "个小时 小时 分钟".split(),
    "score": "分 星 颗星".split(),
    "times": "次 回".split(),
}


def _han(number: int) -> str:
    """Write a number from 1 to 99 in characters."""
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


def phone(chance: Chance) -> str:
    """Return a mobile number, sometimes grouped as people type it."""
    digits = "1" + chance.choice("3456789") + "".join(chance.choice("0123456789") for _ in range(9))
    if chance.random() < 0.2:
        joint = chance.choice(" -")
        return joint.join((digits[:3], digits[3:7], digits[7:]))
    return digits


def person(chance: Chance) -> str:
    """Return how a person is called: by name, nickname, English name or surname with a title."""
    draw = chance.random()
    if draw < 0.1:
        return chance.choice(NICKNAMES)
    if draw < 0.13:
        return _nickname(chance)
    if draw < 0.17:
        return chance.choice(ENGLISH)
    surname = chance.choice(SURNAMES[:150])
    if draw < 0.31:
        return surname + chance.choice(TITLES)
    if draw < 0.34:
        return chance.choice("小小小老阿") + surname
    if draw < 0.36:
        surname = chance.choice(DOUBLE_SURNAMES)
    if draw < 0.52:
        return surname + chance.choice(GIVEN)
    given = "".join(chance.choice(GIVEN_CHARACTERS) for _ in range(chance.choice([1, 2, 2, 2])))
    # Families call a child by the given name alone.
    return given if draw < 0.59 and len(given) == 2 else surname + given


def _nickname(chance: Chance) -> str:
    """Make up what a child is called at home: 晗晗, 小桐, 阿哲, 禾苗儿."""
    one = chance.choice(GIVEN_CHARACTERS)
    return chance.choice([one * 2, f"小{one}", f"阿{one}", f"{one}宝", f"{one}{one}儿", f"大{one}"])


def teacher(chance: Chance) -> str:
    """Return how a teacher is called."""
    title = chance.choice("老师 老师 老师 老师 老师 教练".split())
    draw = chance.random()
    if draw < 0.7:
        return chance.choice(SURNAMES[:90]) + title
    if draw < 0.9:
        return chance.choice(SURNAMES[:90]) + chance.choice(GIVEN) + title
    return chance.choice(ENGLISH + NICKNAMES) + title


def time(chance: Chance) -> str:
    """Return a time expression of one to three pieces."""
    draw = chance.random()
    if draw < 0.5:
        return chance.choice(DAYS)
    if draw < 0.7:
        return chance.choice(DAYS[:40]) + chance.choice(PARTS)
    if draw < 0.85:
        return chance.choice(DAYS[:40]) + chance.choice(PARTS) + chance.choice(HOURS[:-1])
    if draw < 0.93:
        return chance.choice(DAYS[:40]) + chance.choice(HOURS)
    if draw < 0.97:
        return chance.choice(PARTS) + chance.choice(HOURS[:-1])
    return chance.choice(DAYS[:12]) + "的" + chance.choice(PARTS)


def amount(chance: Chance) -> str:
    """Return a sum of money."""
    number = chance.choice([chance.randint(8, 300), chance.randint(3, 90) * 100])
    spelled = chance.choice([str(number), str(number), str(number), f"{number / 10:.1f}"])
    if chance.random() < 0.2:
        return chance.choice([spelled, spelled, "五百", "两千", "三百八", "一千二", "一万"])
    forms = [f"{spelled}元", f"{spelled}块", f"{spelled}块钱", f"¥{spelled}", "三千五百块"]
    return chance.choice(
        [*forms, "两千块钱", "一百二十元", "三百八十块", "1万元", "五百块", "一万二千元"]
    )


def counted(sort: str, chance: Chance) -> str:
    """Return a count of what COUNTERS calls by this name."""
    number = chance.choice([chance.randint(1, 12), chance.randint(1, 9) * 10])
    if sort in {"spell", "score", "times"}:
        number = chance.randint(1, 10)
    spelled = chance.choice([str(number), "两" if number == 2 else _han(number)])
    return spelled + chance.choice(COUNTERS[sort])


def quantity(chance: Chance) -> str:
    """Return a count of lessons or things."""
    return counted(chance.choice(["lessons", "things"]), chance)


def recounted(word: str, chance: Chance) -> str:
    """Return another count of the same sort: 三天 is as long as 两周, but nothing like 十盒."""
    for sort, counters in COUNTERS.items():
        if word.lstrip("0123456789.半零一二两三四五六七八九十百") in counters:
            return counted(sort, chance)
    return word


def order_no(chance: Chance) -> str:
    """Return an order number as it stands on a receipt."""
    digits = "".join(chance.choice("0123456789") for _ in range(chance.choice([6, 10, 12])))
    return chance.choice(["DD", "O", "dd", "NO", "ord", "SO"]) + digits


def ticket_no(chance: Chance) -> str:
    """Return a ticket number, mostly with the letters of what it is about."""
    if chance.random() < 0.12:
        return str(chance.randint(1000, 99999))
    if chance.random() < 0.1:
        day = f"{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        return chance.choice(["", "GD", "T", "WX"]) + day + f"{chance.randint(1, 999):03}"
    prefix = chance.choice("GD GD T T gd t BX TS bx ts FK SQ TK T- GD- WX KF QJ".split())
    digits = str(chance.randint(100, 999999))
    return prefix + (digits.zfill(4) if chance.random() < 0.5 else digits)


def course(chance: Chance) -> str:
    """Return a course's proper name."""
    topic = chance.choice(lexicon()["subject"])
    head = chance.choice(["", "", "少儿", "暑期", "寒假", "快乐", "小学", "幼儿", "精品"])
    tail = chance.choice(
        ["启蒙班", "提高班", "冲刺班", "特训营", "夏令营", "集训营", "精品课", "入门课", "体验营"]
    )
    return head + topic + tail


def room(chance: Chance) -> str:
    """Return a room, by its name or by number and storey."""
    draw = chance.random()
    if draw < 0.7:
        return chance.choice(lexicon()["room"])
    number = str(chance.randint(1, 6) * 100 + chance.randint(1, 12))
    if draw < 0.85:
        return chance.choice(["", "", "A", "B"]) + number + chance.choice(["教室", "教室", ""])
    storey = chance.choice("一 二 三 四 五 1 2 3 4".split()) + chance.choice("楼 楼 号".split())
    return storey + chance.choice("教室 琴房 画室 舞蹈房 会议室 大教室 卫生间 走廊".split())


def document(chance: Chance) -> str:
    """Return a staff paper, a third of them of no list."""
    if chance.random() < 0.65:
        return chance.choice(lexicon()["document"])
    about = chance.choice(PAPER_ABOUT)
    if chance.random() < 0.2:
        about += chance.choice(PAPER_ABOUT)
    return about + chance.choice(PAPER_KIND)


def item(chance: Chance) -> str:
    """Return a thing, sometimes with its sort, which belongs to it: 大号垃圾袋."""
    thing = chance.choice(lexicon()["item"])
    return chance.choice(THING_SORT) + thing if chance.random() < 0.15 else thing


def level(chance: Chance) -> str:
    """Return a level; the 班 behind it is left to `marked`."""
    return chance.choice(lexicon()["level"])


def marked(name: str, chance: Chance) -> str:
    """Fill a slot and mark it in Rasa's notation; the 班 after a level is no part of it."""
    word = SLOTS[name](chance)
    if name == "level" and word.endswith(CLASS) and len(word) > len("快班"):
        return f"[{word.removesuffix(CLASS)}](level){CLASS}"
    return f"[{word}]({SORTS.get(name, name)})"


def _listed(name: str) -> Callable[[Chance], str]:
    """Return a slot that draws from the lexicon."""
    return lambda chance: chance.choice(lexicon()[name])


def _of_sort(sort: str) -> Callable[[Chance], str]:
    """Return a slot that counts things of one sort."""
    return lambda chance: counted(sort, chance)


# Slots that are a sort of an entity.
SORTS = {"material": "document"} | dict.fromkeys(COUNTERS, "quantity")
SLOTS: dict[str, Callable[[Chance], str]] = {
    "phone": phone,
    "person": person,
    "teacher": teacher,
    "time": time,
    "amount": amount,
    "quantity": quantity,
    "order_no": order_no,
    "ticket_no": ticket_no,
    "course": course,
    "room": room,
    "document": document,
    "item": item,
    "level": level,
    "material": lambda chance: chance.choice(MATERIALS),
    **{sort: _of_sort(sort) for sort in COUNTERS},
    "grade": lambda chance: chance.choice(GRADES),
    **{name: _listed(name) for name in "subject class_mode campus channel".split()},
}
