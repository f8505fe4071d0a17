"""招生数据: what becomes of those who come, in figures that are kept up and not counted anew (A18,
A19).

`watching` notes whose lead has changed, in the unit that changes it; `keeping` reckons these leads
afresh and moves the figures by the difference; `counting` reads them for whoever may see them, and
opens the rows behind each; `words` says what each figure means.
"""
