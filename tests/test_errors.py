"""How programs end: the message and the exit status that a person sees."""

import pytest

from reasonome.errors import InputError, run_program


def ends(main, capsys):
    """(exit status, what was said on standard error)."""
    with pytest.raises(SystemExit) as caught:
        run_program(main)
    return caught.value.code, capsys.readouterr().err


def test_an_error_of_the_user_is_one_message(capsys):
    def main():
        raise InputError("it is empty", file="a.csv", line=3, field="id", fix="fill it")

    assert ends(main, capsys) == (2, "error: a.csv:3: id: it is empty\n  fix: fill it\n")


def test_ctrl_c_ends_without_a_traceback(capsys):
    def main():
        raise KeyboardInterrupt

    assert ends(main, capsys) == (130, "stopped\n")


@pytest.mark.parametrize("returned, status", [(None, 0), (0, 0), (1, 1)])
def test_the_status_is_what_main_returns(returned, status, capsys):
    assert ends(lambda: returned, capsys) == (status, "")
