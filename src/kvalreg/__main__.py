"""`python -m kvalreg`: the command line, also where no script of its name is on the path."""

from kvalreg.cli import main

if __name__ == "__main__":
    main()
