"""The compiled ns-3 modules and their headers, put here by the build; loaded by ``packet/_ns.py``."""
