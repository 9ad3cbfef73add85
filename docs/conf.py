"""How the pages of this folder, as they are and as the forge shows them, become a site: ``make docs``."""

import re
import sys
from pathlib import Path

import spacemoe_ns3

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))
from source_links import linkcode_resolve  # noqa: E402, F401 - what sphinx.ext.linkcode asks

project = "spacemoe-ns3"
author = "the authors of spacemoe-ns3"
version = release = spacemoe_ns3.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "numpydoc",
    "myst_parser",
    # of docs/_extensions:
    "command_epilogs",
    "docstring_references",
    "front_page",
    "native_mathematics",
    "public_names",
    "source_links",
]
exclude_patterns = ["_extensions", "_static", "data"]
nitpicky = True
highlight_language = "text"  # a block without a language is no Python

smartquotes_action = "qe"  # and two hyphens stay what is typed
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"

# The modules of the reference in the order of its pages: a name is shown with the first module that has it.
_pages = re.findall(r"^   (\w+)$", (DOCS / "api" / "index.rst").read_text(), re.MULTILINE)
_texts = [(DOCS / "api" / f"{page}.rst").read_text() for page in _pages]
public_modules = re.findall(r"^\.\. public-names:: (\S+)$", "\n".join(_texts), re.MULTILINE)
# Pages of the repository that the site has under another name.
pages_elsewhere = {
    "README.md": "index",
    "docs/decisions": "decisions/README",
    "ns3-modules/leo/doc/leo.rst": "modules/leo",
    "ns3-modules/moe/doc/moe.rst": "modules/moe",
}

html_theme = "furo"
html_title = "spacemoe-ns3"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
