"""One HTML file that shows a run, offline: its tables, its charts, its sky and its tokens on their way."""

from spacemoe_ns3.report.page.document import page
from spacemoe_ns3.report.page.write import write_page

__all__ = ["page", "write_page"]
