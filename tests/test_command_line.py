"""What the command line says of arguments that no command has."""

import pytest
from refusals import refused

from reasonome import cli


def test_an_unknown_argument_is_told_with_the_nearest_option():
    with refused(fix="did you mean '--libraries'?"):
        cli.main(["annotate", "sets.gmt", "--ora-only", "--out", "out", "--libary"])


def test_a_key_without_a_value_is_told_how_to_write_one(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["plan", "demo", "--set", "final"])
    assert ended.value.code == 2
    assert "argument --set: 'final' has no value: write final=VALUE" in capsys.readouterr().err
