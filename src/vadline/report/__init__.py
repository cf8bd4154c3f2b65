"""A report of a run for people who do not read tables: one page that opens anywhere, offline.

From plain data to HTML; with or without labels, what is not known is left out.
"""

from vadline.report.comparison import render_comparison
from vadline.report.data import Goods, Pictures, ReportData, ReportSize
from vadline.report.decided import decided_table
from vadline.report.differing import RunResult, compare_tables, disagreements, warnings
from vadline.report.heat import mean_photograph
from vadline.report.nearest import nearest_goods
from vadline.report.note import decided_in_words, escaped, write_note
from vadline.report.page import render_report
from vadline.report.pictures import jpeg
from vadline.report.wording import moment

__all__ = [
    "Goods",
    "Pictures",
    "ReportData",
    "ReportSize",
    "RunResult",
    "compare_tables",
    "decided_in_words",
    "decided_table",
    "disagreements",
    "escaped",
    "jpeg",
    "mean_photograph",
    "moment",
    "nearest_goods",
    "render_comparison",
    "render_report",
    "warnings",
    "write_note",
]
