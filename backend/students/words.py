"""How workbooks say the words of this room."""

from backend.students.sheet import REQUIRED, Field

FIELDS = [f"{each.value}*" if each in REQUIRED else each.value for each in Field]
TEMPLATE = ["示例：王小明", "三年级", "2017-03-04", "王军", "13800000000", ""]
