"""The stages of a run before the site is assembled, one module each: `kvalreg.pipeline` calls them in order."""
