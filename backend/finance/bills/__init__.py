"""渠道对账: each day our money against the bills of the payment platforms (F7).

Other rooms use `queries`; `service` writes, `rules` compares, `jobs` fetches each morning.
"""
