"""How the console says the words of the list of customers."""

from collections.abc import Mapping

from backend.portal.schemas import Segment
from backend.students.schemas import Person
from backend.students.tags import Colour

SEGMENTS: Mapping[Segment, str] = {
    Segment.NEW: "新学员",
    Segment.ACTIVE: "在读",
    Segment.AT_RISK: "课时将尽",
    Segment.SILENT: "沉默",
    Segment.FORMER: "已结课",
}
PERSONS: Mapping[Person, str] = {Person.STUDENT: "学员", Person.GUARDIAN: "监护人"}
COLOURS: Mapping[Colour, str] = {
    Colour.GREY: "灰色",
    Colour.BLUE: "蓝色",
    Colour.GREEN: "绿色",
    Colour.YELLOW: "黄色",
    Colour.RED: "红色",
}
