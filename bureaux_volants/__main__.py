"""`python -m bureaux_volants` is the command `bv`."""

from bureaux_volants.config.cli import main

if __name__ == "__main__":
    main()
