"""The ``archproof`` command: one file for each subcommand, which reads options, calls the library and prints.

Nothing imports it, and it loads no torch until a command needs it.
"""

from properties.cli.entry import app as app
from properties.cli.entry import main as main
