"""``python -m classi`` is the command ``classi``."""

from classi.cli import main

main()
