"""How programs end: the message and the exit status that a person sees."""

import errno
import subprocess
from pathlib import Path

import pytest

from reasonome import cli
from reasonome.core.errors import InputError, run_program


def ends(main, capsys):
    """(exit status, what was said on standard error)."""
    with pytest.raises(SystemExit) as caught:
        run_program(main)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            InputError("it is empty", file="a.csv", line=3, field="id", fix="fill it"),
            "a.csv:3: id: it is empty\n  fix: ",
        ),
        # Names of others are text alone.
        (InputError("no set 'a\x1b[2Jb'", file="c\u202e.csv"), "c\\u202e.csv: no set 'a\\x1b[2Jb'"),
        (OSError(errno.ENOSPC, "full", "a\x1b[2J.tsv"), "a\\x1b[2J.tsv: No space left on device\n  fix: free"),
        (OSError(errno.ENOSPC, "full"), "standard output: No space left on device\n  fix: free"),
    ],
)
def test_an_error_is_one_message(capsys, error, message):
    def main():
        raise error

    status, printed = ends(main, capsys)
    assert status == 2 and printed.startswith(f"error: {message}")


def test_a_closed_standard_output_is_no_traceback():
    run = subprocess.run("exec >&-; python -m reasonome.cli plan --help", shell=True, stderr=subprocess.PIPE, text=True)
    assert "Traceback" not in run.stderr


def denying(monkeypatch, path):
    """Reading this file is refused, as to a user without the right; root may read all that there is."""
    read = Path.read_bytes

    def refused(self):
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refused)


def test_a_file_that_may_not_be_read_is_told_as_one(tmp_path, monkeypatch, capsys):
    answers = tmp_path / "answers.csv"
    answers.write_text("answer,gold\na,a\n")
    denying(monkeypatch, answers)
    arguments = ["score", str(answers), "--task", "gene_set_naming", "--columns", "answer=answer,gold=gold"]
    message = f"error: {answers}: Permission denied\n  fix: you may not open this file: change its permissions\n"
    assert ends(lambda: cli.main([*arguments, "--encoders", "none"]), capsys) == (2, message)


@pytest.mark.parametrize("name", ["results", "results/new.json"], ids=["a folder", "a new file"])
def test_a_folder_that_may_not_be_written_is_told_as_one(tmp_path, capsys, name):
    (tmp_path / "results").mkdir()

    def main():
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / name))

    status, message = ends(main, capsys)
    assert (status, "fix: you may not look into this folder, or write there: change its permissions" in message) == (
        2,
        True,
    )


@pytest.mark.parametrize("option", ["answers", "--json", "--config"])
def test_a_path_too_long_is_told(tmp_path, monkeypatch, capsys, option):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("answer,gold\na,a\n")
    long = "x" * 300
    arguments = ["score", long if option == "answers" else "a.csv", "--task", "gene_set_naming", "--encoders", "none"]
    arguments += ["--columns", "answer=answer,gold=gold", *([option, long] if option.startswith("--") else [])]
    status, message = ends(lambda: cli.main(arguments), capsys)
    assert status == 2 and message.startswith(f"error: {long}") and "File name too long\n  fix: " in message


def test_ctrl_c_ends_without_a_traceback(capsys):
    def main():
        raise KeyboardInterrupt

    assert ends(main, capsys) == (130, "stopped\n")


@pytest.mark.parametrize("returned, status", [(None, 0), (0, 0), (1, 1)])
def test_the_status_is_what_main_returns(returned, status, capsys):
    assert ends(lambda: returned, capsys) == (status, "")
