"""kvalreg: result pages for Norway's medical quality registries.

Data flow one way: inputs -> statistics -> disclosure -> execution (of report notebooks) -> site -> audit -> release.
`kvalreg.pipeline` is the whole run in one readable function.
"""

from importlib.metadata import version

__version__ = version("kvalreg")
