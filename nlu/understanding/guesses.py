"""Guesses names no list holds: papers and rooms by their last word, persons by how names are made.

Only the entity field sees them, beside the proposals of `patterns`: where such a name begins is
uncertain, and a family's 退费流程 must stay words for the intent model.
"""

import re

from understanding.patterns import SURNAMES, Span

# Characters that given names are often made of.
GIVEN_CHARACTERS = (
    "子梓雨宇浩欣怡诗涵萱轩思佳嘉俊杰明晨曦若瑶泽睿博文天一诺依可心语嫣悦然晓婷雅琪静雪梦洁玉兰志强建国军平伟芳敏丽娜艳超勇磊"
    "涛鹏飞翔凯辉阳光宏海波斌刚峰云龙凤春秋冬夏亚楠宁安康乐贝妍彤沐辰宸皓铭煜柯尧淑珍英秀红霞燕萍莉莹璐倩颖豪昊晗林华君美娟慧莲"
    "桐馨芮蕊茜菲薇蓉蕾蔓岚岩崇川帆弘恒恺悠愉慕懿抒承拓昀昕昱晏晟晴景晶暄朗杉松柏柔栋桂梁楷榕歆毅民汐江沁沛沫泓泉津洛洲浚润淇淳清渊渝"
    "湘源滢漫澄澜灿炎炜炫烁烨焕煊熙熠燊爱玥玲珂珊珏珞珠琛琦琳琬琰瑄瑗瑛瑜瑞瑾璇璟甜画皎盈益真瞳知砚硕祎祥祺禄禾秉程穆童竣笑笛筠籽纯纾绍绮"
    "维绫羽翊翎聪舒航艺芊芙芷芸苒苓苗茉茗茹荃荣莘菁菡萌葵蓓蔚薰蝶裕言誉诚谦谨豫贤赫越跃辛迅远逸道邦郁采钧铎锋锐锦键镇阔陆隽霏霓霖青韬韵"
    "顺颂颐风馥骁骏鸣鸿鹤麒麟黛鼎齐伊伦佑侑俪倬偲健元兆克兴冉凌凡初劲勤化卓北南友叶合吉同名向启和咏哲唯嘉圆坤城培墨夕奇奕好妙妤姗姝姿娅婉婧"
    "媛媚嫚嬿学宗定宜宝家容宽富寅小尚展山岳峻嵘川巍希帅幼庆庭廷彦彬影征德忆忠怀恩惜惠愿成才振捷政敬斐方旭旺旻时昌昭智曼朔本权材来格棠楚森"
)
# Those that sooner belong to other words say nothing.
GIVEN = frozenset(GIVEN_CHARACTERS + "豆妞果糖毛米朵") - frozenset(
    "学家来同方成定容格才向合友北南本权材化真画知展元好大初名和吉小"
) | frozenset("小")
_GIVEN = "".join(sorted(GIVEN))
_TITLE = "女士|先生|小姐|太太|阿姨|叔叔|总(?![部校共算是店之的])|姐|哥|同学|小朋友|校长|主任|经理|顾问|妈妈?|爸爸?|奶奶|爷爷"
# What a name's beginning is not made of: who asks, for whom, and the asking.
_PLAIN = (
    "(?![把看在去到的告诉是个给发找要有没份张这那请你我他她咱和跟从帮查吗了呢着下被问传取拿谁里走按求搜])"
    "[\u4e00-\u9fff0-9a-z]"
)
_PAPER = (
    "手册|制度|方案|模板|流程|协议|合同|话术|须知|指南|预案|总结|纪要|通知书?|规定|规范|细则|清单|名册|花名册|大纲|简章|章程|守则|公约|"
    "表格?|申请单|报告书?|责任书|承诺书|授权书|同意书|告知书|教案|管理办法|议程|策划[案书]?|记录|ppt|标准|证明|台账|计划|课件|讲义|试卷|真题|(?<!简)单|卷子?|谱子?|笔记|答案|练习题|题库|单词表|提纲|歌词|范文|文案|脚本|问卷|名单|说明书?|表"
)
_PLACE = (
    "教室|(?<![教科])室(?![内外友])|(?<=[琴鼓练排机库厨舞道画蹈体])房|[大前门舞餐展会客演能告]厅|(?<=[体球泳道武操能])馆|"
    "卫生间|洗手间|厕所|走廊|楼道|(?<=[务物茶备])间"
)
SHAPES = (
    ("person", re.compile(rf"[{SURNAMES}](?:{_TITLE})")),
    (
        "person",
        re.compile(
            rf"[{SURNAMES}](?:[{_GIVEN}]{{1,2}}|(?:(?![的了是个位名各些等和跟])[\u4e00-\u9fff]){{1,2}}(?=家长|同学|妈妈|爸爸))"
        ),
    ),
    ("person", re.compile(rf"(?:小[{SURNAMES}]|([{_GIVEN}])\1)(?![\u4e00-\u9fff]?老师)")),
    (
        "person",
        re.compile(
            r"(?<![a-z0-9])(?!wifi|ppt|ket|pet|hdmi|app|vip)[a-z]{3,8}(?=同学|家长|妈妈|爸爸|没来|到了|请假)"
        ),
    ),
    ("document", re.compile(rf"{_PLAIN}{{1,7}}?(?:{_PAPER})+")),
    (
        "room",
        re.compile(
            rf"(?:(?:负?[一二三四五六七八九十0-9]{{1,2}}(?:号?楼|层|号)|[大小东西南北男女]){_PLAIN}{{0,4}}?|{_PLAIN}{{1,4}}?)"
            rf"(?:{_PLACE})"
        ),
    ),
    ("room", re.compile(r"(?<![0-9a-z])[a-z]?[1-9][01][0-9](?![0-9a-z元块页分个节号人名.])")),
)


def guesses(text: str) -> list[Span]:
    """Return the guessed spans of a normalised text, in order of start."""
    return sorted(
        Span(*found.span(), entity) for entity, shape in SHAPES for found in shape.finditer(text)
    )
