"""How arrears read in Chinese on the console's pages and in the chat."""

from backend.finance.arrears.schemas import Age, PartStatus

AGES = {
    Age.NOT_DUE: "未到期",
    Age.TO_30: "0–30天",
    Age.TO_60: "31–60天",
    Age.TO_90: "61–90天",
    Age.BEYOND: "90天以上",
}
STATUSES = {
    PartStatus.OPEN: "待付",
    PartStatus.PAID: "已付",
    PartStatus.SPLIT: "已拆分",
    PartStatus.WRITTEN_OFF: "已核销",
    PartStatus.CANCELLED: "已取消",
}
