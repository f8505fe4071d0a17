"""The browser's door of the books: statements and reports to read, vouchers and months to keep."""

from flask import Blueprint

from backend.finance.books.pages import keeping, planning, reading, reports

blueprint = Blueprint("books", __name__)
for each in (reading, reports, keeping, planning):
    blueprint.register_blueprint(each.blueprint)
