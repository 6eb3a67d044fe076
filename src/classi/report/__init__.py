"""The report: what is said (`build`), and one renderer a format (`write_html`, `write_xlsx`)."""

from classi.report.content import build
from classi.report.html import render_html, write_html
from classi.report.model import Content, Unmet
from classi.report.xlsx import render_xlsx, write_xlsx

__all__ = ["Content", "Unmet", "build", "render_html", "render_xlsx", "write_html", "write_xlsx"]
