"""欠费 Arrears: what was to be paid by a day and has not been.

Words: InstalmentPlan 分期, Instalment 一期款, Dunning 催缴, Promise 承诺付款, WriteOff 核销,
CreditLesson 欠费课时 (taught though not paid).
Promise: nobody is dunned twice for one step or after paying; who is blocked is reckoned from what
is owed, so that a payment lifts it by itself; lessons that are paid are taught.
"""
