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


def test_an_error_of_the_user_is_one_message(capsys):
    def main():
        raise InputError("it is empty", file="a.csv", line=3, field="id", fix="fill it")

    assert ends(main, capsys) == (2, "error: a.csv:3: id: it is empty\n  fix: fill it\n")


def test_names_of_others_in_an_error_are_text_alone(capsys):
    def main():
        raise InputError("no set 'a\x1b[2Jb'", file="c\u202e.csv")

    assert ends(main, capsys) == (2, "error: c\\u202e.csv: no set 'a\\x1b[2Jb'\n")


def test_a_full_disk_names_the_file_as_text_alone(capsys):
    def main():
        raise OSError(errno.ENOSPC, "full", "a\x1b[2J.tsv")

    status, said = ends(main, capsys)
    assert (status, said.splitlines()[0]) == (2, "error: a\\x1b[2J.tsv: No space left on device")


def test_a_full_disk_behind_standard_output_is_told(capsys):
    def main():
        raise OSError(errno.ENOSPC, "full")

    assert ends(main, capsys)[1].splitlines()[0] == "error: standard output: No space left on device"


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
    said = f"error: {answers}: Permission denied\n  fix: you may not open this file: change its permissions\n"
    assert ends(lambda: cli.main([*arguments, "--encoders", "none"]), capsys) == (2, said)


@pytest.mark.parametrize("name", ["results", "results/new.json"], ids=["a folder", "a new file"])
def test_a_folder_that_may_not_be_written_is_told_as_one(tmp_path, capsys, name):
    (tmp_path / "results").mkdir()

    def main():
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / name))

    status, said = ends(main, capsys)
    assert (status, "fix: you may not look into this folder, or write there: change its permissions" in said) == (
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
    status, said = ends(lambda: cli.main(arguments), capsys)
    assert status == 2 and said.startswith(f"error: {long}") and "File name too long\n  fix: " in said


def test_ctrl_c_ends_without_a_traceback(capsys):
    def main():
        raise KeyboardInterrupt

    assert ends(main, capsys) == (130, "stopped\n")


@pytest.mark.parametrize("returned, status", [(None, 0), (0, 0), (1, 1)])
def test_the_status_is_what_main_returns(returned, status, capsys):
    assert ends(lambda: returned, capsys) == (status, "")
