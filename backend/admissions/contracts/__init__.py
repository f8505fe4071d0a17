"""培训服务合同: what a family agrees to by a tap, word for word, and its PDF (A10).

The texts follow the structure of the model contract for after-school training
(教育部、市场监管总局《中小学生校外培训服务合同（示范文本）》, 2021) in words of our own. A version
that has been agreed to is never changed: a new text is a new version.
"""
