"""Who gets a lead, and what happens when nobody takes it (A14, A16, A17).

Words: rule 分派规则, desk (what is known of an advisor), offer (a lead in front of an advisor:
claimed, put off, declined, too late), measures 规则参数, look (the clock's turn at one lead).
`choosing` decides, `giving` hands over, `offers` is what the advisor says to a card, `ladder` is
the clock, `waiting` how long the customer waits for a person, `keeping` what managers set.
"""
