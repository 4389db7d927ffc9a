"""What the command line says of arguments that no command has."""

import pytest

from reasonome import cli
from reasonome.core.errors import InputError


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["rank", "--model", "demo", "--pannel", "panel.txt", "case.json", "--out", "out"],
            "'--pannel'\n  fix: did you mean '--panel'",
        ),
        (
            ["annotate", "sets.gmt", "--ora-only", "--out", "out", "--libary"],
            "'--libary'\n  fix: did you mean '--libraries'",
        ),
        (["estimate", "demo", "everything"], "'everything'\n  fix: leave it out"),
    ],
)
def test_an_unknown_argument_is_told_with_the_nearest_option(words, message):
    with pytest.raises(InputError, match="unknown argument " + message):
        cli.main(words)
