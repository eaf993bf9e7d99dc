"""The stages of a run, one module each: see `kvalreg.pipeline`, which calls them from top to bottom."""
