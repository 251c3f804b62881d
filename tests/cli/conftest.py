"""The command in this process."""

import pytest

from properties import cli


@pytest.fixture
def run(capsys):
    """Run the command in this process: status, standard output, standard error."""

    def run(*arguments):
        status = cli.main(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
