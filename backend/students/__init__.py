"""学员 Students: the people we teach, those who answer for them, and what they ask of us.

Words: Student 学员, Guardian 监护人, Guardianship 监护关系, Consent 同意, Ticket 工单 (feedback or
complaint), Takeover 接管 (a person leads the talk with a customer), Attachment 附件.
Promise: a child's data is seen by its own guardians and by staff who need it, by nobody else; no
complaint is without a deadline and a responsible person.
"""
