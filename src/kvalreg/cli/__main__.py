"""`python -m kvalreg.cli`."""

from kvalreg.cli import main

main()
