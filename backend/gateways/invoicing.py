"""The port to whoever makes out invoices, and its default: a file for the tax platform.

`wiring` may name another desk (a vendor's API); without one, wishes are exported to a workbook in
the form that 电子税务局's 批量开具 takes: one sheet of invoices, one of their lines, joined by
发票流水号.
Columns that we leave empty stay, because the platform reads them by place.
"""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from backend.kit import workbook
from backend.kit.config import settings
from backend.kit.money import decimal_yuan

EDUCATION = "3070201020000000000"  # 商品和服务税收分类编码: 非学历教育服务.
_HEADS = (
    *("发票流水号*", "发票类型*", "特定业务类型", "是否含税*", "受票方自然人标识", "购买方名称*"),
    *(
        "证件类型",
        "购买方证件号码",
        "国籍（地区）",
        "购买方纳税人识别号",
        "购买方地址",
        "购买方电话",
    ),
    *("购买方开户银行", "购买方银行账号", "备注", "是否展示购买方银行账号", "销售方开户行"),
    *("销售方银行账号", "是否展示销售方银行账号", "购买方邮箱"),
)
_LINES = (
    *("发票流水号*", "项目名称*", "商品和服务税收编码*", "规格型号", "单位", "数量", "单价"),
    *("金额*", "税率*", "折扣金额", "是否使用优惠政策", "优惠政策类型", "即征即退类型"),
)


class Bill(BaseModel):
    """What an invoice is to say. `serial` is ours and joins it to its wish; without a
    `tax_number` it is made out to a person."""

    model_config = ConfigDict(frozen=True)

    serial: str
    title: str
    tax_number: str = ""
    email: str = ""
    amount_fen: int
    remark: str = ""


class InvoiceDesk(Protocol):
    """Whoever makes out invoices."""

    def export(self, bills: Sequence[Bill]) -> bytes:
        """The wishes as a file that the tax platform imports."""


class TaxPlatformFile:
    """The workbook for 电子税务局 → 开票业务 → 批量开具."""

    def export(self, bills: Sequence[Bill]) -> bytes:
        heads = [
            [
                *(each.serial, "普通发票", "", "是", "" if each.tax_number else "是", each.title),
                *("", "", "", each.tax_number, "", "", "", "", each.remark),
                *("否", "", "", "否", each.email),
            ]
            for each in bills
        ]
        rate = settings().invoice_tax_rate
        lines = [
            [
                *(each.serial, "培训费", EDUCATION, "", "次", "1", decimal_yuan(each.amount_fen)),
                *(decimal_yuan(each.amount_fen), rate, "", "", "", ""),
            ]
            for each in bills
        ]
        return workbook.sheets(
            {"1-发票基本信息": [_HEADS, *heads], "2-发票明细信息": [_LINES, *lines]}
        )


_desk: InvoiceDesk = TaxPlatformFile()


def use(desk: InvoiceDesk) -> None:
    """Say who makes out invoices (`wiring` and tests)."""
    global _desk
    _desk = desk


def desk() -> InvoiceDesk:
    """The desk of this process."""
    return _desk
