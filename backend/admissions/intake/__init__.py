"""How leads come in beside the chat: form 咨询表单, workbook, partner 合作平台, referral 推荐; and
one lead per person and child (A8, A13).

Words: arrival (one coming of somebody, with where from and under which key), partner, workbook,
referrer 推荐人, merge 合并 (a double goes into the lead it belongs to, and can come out again).
"""
