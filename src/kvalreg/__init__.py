"""kvalreg: result pages for Norway's medical quality registries.

The way of the data is one-way: inputs -> statistics -> disclosure -> report -> batch -> site.
`kvalreg.pipeline` holds the whole run in one readable function.
"""

from importlib.metadata import version

__version__ = version("kvalreg")
