"""One shape for every way of typing, character for character so that offsets stay true."""

_TRADITIONAL = (
    "週周禮礼點点後后兩两個个幾几號号鐘钟鍾钟時时間间內内這这該该過过學学課课節节陽阳陰阴農农曆历歷历臘腊閏闰國国"
    "慶庆勞劳動动兒儿師师聖圣誕诞軍军黨党婦妇親亲驚惊蟄蛰種种處处開开結结業业從从來来還还與与現现歲岁對对"
    "級级樓楼線线館馆門门環环單单訂订碼码話话驗验證证電电萬万塊块錢钱價价優优講讲張张將将無无見见沒没請请們们會会"
    "嗎吗應应練练習习試试聽听報报費费預预約约補补調调換换繳缴買买實实餘余總总氣气樣样邊边長长題题議议麼么頭头"
    "齊齐當当舊旧連连離离號号貴贵給给讓让別别東东為为〇零○零俩两倆两聰聪圖图書书問问聲声達达"
    "壹一貳二叁三陸六柒七捌八玖九拾十裡里裏里"
)
_PUNCTUATION = "：:，,（(）)．.／/－-—-–-―-−-~-〜-～-∼-﹣-　 \u00a0 \u2003 ？?！!；;＋+％%"


def _table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B)}
    table |= {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    table |= {code: chr(code - 0xFEE0 + 32) for code in range(0xFF21, 0xFF3B)}
    for pairs in (_TRADITIONAL, _PUNCTUATION):
        table |= {ord(pairs[i]): pairs[i + 1] for i in range(0, len(pairs), 2)}
    return table


_TABLE = _table()


def plain(text: str) -> str:
    """Simplified, half-width and lower-case, of the same length as the text."""
    return text.translate(_TABLE)
