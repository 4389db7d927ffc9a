"""A user's own graders: what they are given, and every way in which one can go wrong."""

import json
import os
import select
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ranking_questions import ONE, TASK, answer, question

from reasonome.config import Grader
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256
from reasonome.tasks.naming.task import Example, Gene, GeneSetNaming
from reasonome.training.graders import WORKER, grader_rewards

ROOT = Path(__file__).parents[1]


def reward_of(folder, code, **fields):
    """The reward by a grader file of this code, graders/mine.py of a project in `folder`; whoever asks closes it."""
    (folder / "graders").mkdir(exist_ok=True)
    (folder / "graders" / "mine.py").write_text(textwrap.dedent(code), encoding="utf-8")
    grader = Grader(**{"function": "graders/mine.py:grade", **fields})
    return grader_rewards({"mine": grader}, folder)["mine"].function


def graded(folder, code, answers=None, examples=None, **fields):
    """What a grader file of this code gives the answers."""
    reward = reward_of(folder, code, **fields)
    try:
        return reward(answers or [answer("AB")], examples or [ONE] * len(answers or [1]), None)
    finally:
        reward.close()


def failure(folder, code, **fields):
    with pytest.raises(InputError) as caught:
        graded(folder, code, **fields)
    return str(caught.value)


def test_a_grader_is_given_the_answer_and_the_question(tmp_path):
    code = """
    import json

    def grade(answer, example):
        with open("seen.jsonl", "a") as seen:  # the working folder is the project's
            seen.write(json.dumps([answer, example]) + "\\n")
        return 1 if answer["genes"][0] == "C" else 0.25
    """
    answers = [answer(["narc", "B", "C"], "Since  it fits."), answer("AB")]
    assert graded(tmp_path, code, answers, [ONE, ONE]) == [1.0, 0.25]
    given, example = json.loads((tmp_path / "seen.jsonl").read_text().splitlines()[0])
    assert example == ONE.model_dump(mode="json")
    assert (given["genes"], given["written"]) == (["C", "B"], ["narc", "B", "C"])
    assert (given["reasoning"], given["words"], given["problems"]) == ("Since it fits.", 3, [])
    assert (given["named"], given["reasoned"], given["truncated"]) == (True, True, False)


def test_a_grader_may_grade_names_of_gene_sets(tmp_path):
    code = "def grade(answer, example): return answer['name'] == example['name'] and answer['steps'] == ['because']"
    task = GeneSetNaming()
    example = Example(id="GO:1", subset="bp", name="DNA repair", genes=[Gene(symbol="A")])
    answers = [task.parse(task.target(name, ["because"])) for name in ("DNA repair", "mitosis")]
    assert graded(tmp_path, code, answers, [example] * 2) == [1.0, 0.0]


def test_an_answer_that_is_not_usable_earns_nothing_without_a_call(tmp_path):
    code = "def grade(answer, example): raise ValueError('never called')"
    assert graded(tmp_path, code, [TASK.parse("<genes>[A"), TASK.parse("A")], [ONE, ONE]) == [0.0, 0.0]


def test_what_a_grader_prints_and_keeps_does_no_harm(tmp_path):
    code = """
    import sys
    calls = 0

    def grade(answer, example):
        global calls
        calls += 1
        print("hello", calls, sys.stdin.read(), flush=True)
        sys.stdout.write("{}")
        sys.__stdout__.write("more")
        return calls / 10
    """
    assert graded(tmp_path, code, [answer("AB")] * 3, [ONE] * 3) == [0.1, 0.2, 0.3]


def test_a_grader_finds_its_own_modules_and_not_those_of_the_library(tmp_path):
    (tmp_path / "graders").mkdir()
    (tmp_path / "graders" / "config.py").write_text("VALUE = 0.75")
    assert graded(tmp_path, "import config\ndef grade(answer, example): return config.VALUE") == [0.75]


def test_numbers_of_other_libraries_are_numbers(tmp_path):
    code = "import numpy as np\ndef grade(answer, example): return np.float32(0.5)"
    assert graded(tmp_path, code) == [0.5]


def test_a_missing_file_or_function_is_said(tmp_path):
    with pytest.raises(InputError) as caught:
        grader_rewards({"mine": Grader(function="graders/mine.py:grade")}, tmp_path)
    assert "graders/mine.py: grader 'mine': there is no such file" in str(caught.value)
    said = failure(tmp_path, "def graded(answer, example): return 1")
    assert said == (
        "graders/mine.py: grader 'mine': there is no function 'grade' in the file\n  fix: did you mean 'graded'?"
    )


def test_an_error_inside_is_said_with_its_line(tmp_path):
    code = """
    def grade(answer, example):
        return distance(example)

    def distance(example):
        return example["nearest"]
    """
    said = failure(tmp_path, code)
    assert said.startswith("graders/mine.py:6: grader 'mine': grade failed for the question 'q': KeyError: 'nearest'")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_module", "mine.py:1: grader 'mine': it cannot be imported: ModuleNotFoundError: No module"),
        ("x = 1\ndef grade(:", "mine.py:2: grader 'mine': it cannot be imported: SyntaxError: "),
        ("raise SystemExit(3)", "it cannot be imported: SystemExit: 3"),
    ],
)
def test_a_file_that_cannot_be_imported_is_said(tmp_path, code, said):
    assert said in failure(tmp_path, code)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("None", "None, which is no number"),
        ("'0.5'", "'0.5', which is no number"),
        ("[0.5]", "[0.5], which is no number"),
        ("__import__('numpy').zeros(2)", "array([0., 0.]), which is no number"),
        ("10**400", f"1{'0' * 99}, which is no number"),
        ("float('nan')", "nan, which is not between 0 and 1"),
        ("1.5", "1.5, which is not between 0 and 1"),
        ("-0.1", "-0.1, which is not between 0 and 1"),
    ],
)
def test_what_is_no_number_from_0_to_1_is_said(tmp_path, value, said):
    expected = f"grader 'mine': grade returned {said}, for the question 'q'\n  fix: return a number from 0 (worst) to"
    assert expected in failure(tmp_path, f"def grade(answer, example): return {value}")


@pytest.mark.parametrize("way", ["while True: pass", "import time; time.sleep(60)"])
def test_a_call_that_takes_too_long_is_ended(tmp_path, way):
    code = f"def grade(answer, example):\n    open('pid', 'w').write(str(__import__('os').getpid()))\n    {way}"
    said = failure(tmp_path, code, seconds=0.5)
    assert said == (
        "graders/mine.py: grader 'mine': grade took more than 0.5 seconds for the question 'q'\n"
        "  fix: make it faster, or raise `seconds` of grader 'mine' in the recipe"
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_the_time_is_that_of_each_call_and_importing_has_its_own(tmp_path):
    code = """
    import time
    time.sleep(0.8)

    def grade(answer, example):
        time.sleep(0.2)
        return 1
    """
    assert graded(tmp_path, code, [answer("AB")] * 4, [ONE] * 4, seconds=0.7) == [1.0] * 4


@pytest.mark.parametrize(
    ("way", "how"),
    [("os._exit(3)", "exit status 3"), ("os.kill(os.getpid(), 9)", "signal 9"), ("exit(4)", "SystemExit")],
)
def test_a_process_that_ends_itself_is_said(tmp_path, way, how):
    assert how in failure(tmp_path, f"import os\ndef grade(answer, example): {way}")


def test_a_job_that_is_told_to_stop_still_has_its_grader(tmp_path):
    """SLURM's signals reach every process of a job step; training finishes the step that is under way."""
    code = """
    import os, signal

    def grade(answer, example):
        for told in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            os.kill(os.getpid(), told)
        return 1
    """
    assert graded(tmp_path, code, [answer("AB")] * 2, [ONE] * 2) == [1.0, 1.0]


def test_a_worker_ends_with_its_input(tmp_path):
    (tmp_path / "mine.py").write_text("def grade(answer, example): return 1")
    command = [sys.executable, str(WORKER), str(tmp_path / "mine.py"), "grade"]
    done = subprocess.run(command, input=b"a\nb [{}, {}]\nc [{}, {}]\n", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b'a {}\nb {"value": 1.0}\nc {"value": 1.0}\n')


# A thread that holds the interpreter's lock in C code, for longer than any test waits, once somebody reads the pipe.
SPINS = """
import os, re, threading

def spin():
    os.write(os.open("pipe", os.O_WRONLY), b"in C")
    re.match("(a+)+$", "a" * 60 + "b")

def grade(answer, example):
    threading.Thread(target=spin, daemon=True).start()
    return 1
"""


def test_the_time_of_a_call_that_nobody_reads_is_limited_too(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reward = reward_of(tmp_path, SPINS, seconds=2)
    assert reward([answer("AB")], [ONE], None) == [1.0]
    with open(tmp_path / "pipe", "rb") as pipe:
        assert pipe.read(4) == b"in C"
        longer_than_the_channel_holds = answer("AB", "word " * 1_000_000)
        with pytest.raises(InputError, match="grade took more than 2 seconds for the question 'q'"):
            reward([longer_than_the_channel_holds], [ONE], None)
        assert pipe.read() == b""  # its process is gone


# Grades once, as training does, and then waits to be killed.
ASKS = """
import sys
from pathlib import Path
from ranking_questions import ONE, answer
from reasonome.config import Grader
from reasonome.training.graders import grader_rewards
reward = grader_rewards({"mine": Grader(function="graders/mine.py:grade", seconds=600)}, Path(sys.argv[1]))["mine"]
reward.function([answer("AB")], [ONE], None)
sys.stdin.read()
"""
HANGS = """
import os

def grade(answer, example):
    os.write(os.open("pipe", os.O_WRONLY), b"in C")
    while True: pass
"""
FORKS_A_HANGING_ONE = """
import os

def grade(answer, example):
    if os.fork() == 0:
        os.write(os.open("pipe", os.O_WRONLY), b"in C")
        while True: pass
    return 1
"""


@pytest.mark.parametrize("code", [SPINS, HANGS, FORKS_A_HANGING_ONE], ids=["thread in C", "call", "forked process"])
def test_a_worker_ends_with_the_process_that_asks_whatever_it_does(tmp_path, code):
    os.mkfifo(tmp_path / "pipe")
    reward_of(tmp_path, code)
    path = os.pathsep.join([str(ROOT / "scripts"), str(ROOT / "tests")])
    asking = subprocess.Popen(
        [sys.executable, "-c", ASKS, str(tmp_path)], stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    with asking, open(tmp_path / "pipe", "rb") as pipe:
        assert pipe.read(4) == b"in C"
        asking.kill()
        assert select.select([pipe], [], [], 60)[0], "it lives on"
        assert pipe.read() == b""


@pytest.mark.parametrize(
    "child",
    [
        "return 0.9",  # comes back, as if it were the grader
        "raise ValueError('in the child')",
        "write_everywhere(); os._exit(0)",
        "time.sleep(60); return 0.9",
    ],
)
def test_a_process_that_a_grader_forks_says_nothing_in_its_place(tmp_path, child):
    code = f"""
    import os, time
    calls = 0

    def write_everywhere():
        for fd in range(3, 30):
            try:
                os.write(fd, b'{{"value": 0.9}}\\n')
            except OSError:
                pass

    def grade(answer, example):
        global calls
        calls += 1
        if os.fork() == 0:
            {child}
        time.sleep(0.05)  # so that the child would be first
        return calls / 10
    """
    assert graded(tmp_path, code, [answer("AB")] * 4, [ONE] * 4) == [0.1, 0.2, 0.3, 0.4]


def test_a_file_that_forks_as_it_is_imported_does_no_harm(tmp_path):
    code = "import os\nCHILD = os.fork() == 0\ndef grade(answer, example): return 0.9 if CHILD else 0.2"
    assert graded(tmp_path, code, [answer("AB")] * 3, [ONE] * 3) == [0.2, 0.2, 0.2]


def test_a_grader_may_use_several_processes(tmp_path):
    """Those of a pool are told to stop by a signal that the grader itself does not heed."""
    code = """
    import multiprocessing

    def share(gene):
        return 0.125 * (gene != "B")

    def grade(answer, example):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return sum(pool.map(share, answer["genes"]))
    """
    assert graded(tmp_path, code, [answer("ABC"), answer("B")], [ONE] * 2, seconds=20) == [0.25, 0.0]


def test_a_signal_to_a_process_that_has_just_been_forked_is_not_lost(tmp_path):
    code = """
    import os, signal, time

    def grade(answer, example):
        for _ in range(20):
            if (child := os.fork()) == 0:
                time.sleep(60)
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        return 1
    """
    assert graded(tmp_path, code, seconds=30) == [1.0]


# A child of the grader's holds the pipe open for writing: its end is read only when the child is gone.
FORKS = """
import os, time

def fork():
    if os.fork() == 0:
        pipe = os.open("pipe", os.O_WRONLY)
        time.sleep(60)
        os.write(pipe, b"still here")
        os._exit(0)
"""


def test_what_a_grader_forked_ends_with_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    code = """
    def grade(answer, example):
        fork()
        return 1
    """
    reward = reward_of(tmp_path, FORKS + textwrap.dedent(code))
    assert reward([answer("AB")], [ONE], None) == [1.0]
    with open(tmp_path / "pipe", "rb") as pipe:
        reward.close()
        assert pipe.read() == b""


def test_a_fork_of_the_training_process_does_not_end_its_grader(tmp_path):
    code = """
    calls = 0

    def grade(answer, example):
        global calls
        calls += 1
        return calls / 10
    """
    reward = reward_of(tmp_path, code)
    assert reward([answer("AB")], [ONE], None) == [0.1]
    if (child := os.fork()) == 0:
        reward.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert reward([answer("AB")], [ONE], None) == [0.2]


def test_what_a_grader_forked_ends_with_it_when_it_ends_itself(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    code = FORKS + textwrap.dedent("""
    def grade(answer, example):
        fork()
        with open("pipe", "rb"):  # the child has it open now
            os._exit(3)
    """)
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert "the process of grade ended at the question 'q' (exit status 3)" in failure(tmp_path, code)
    os.set_blocking(reader, True)
    assert os.read(reader, 100) == b""
    os.close(reader)


@pytest.mark.parametrize(
    "written",
    [
        r"b'hello\n'",
        r"b'no end of a line'",
        r"""b'{"value": 1.0}\n'""",
        r"""b'0123456789abcdef0123456789abcdef {"value": 1.0}\n'""",
        r"b'\n'",
        r"b'\xff\xfe\n'",
        r"b'[' * 100_000 + b'\n'",
        r"b'x' * 5_000_000",
    ],
)
def test_what_a_grader_writes_to_the_channel_of_replies_is_not_believed(tmp_path, written):
    code = f"""
    import os

    def grade(answer, example):
        for fd in range(3, 30):
            try:
                os.write(fd, {written})
            except OSError:
                pass
        return 0.5
    """
    assert failure(tmp_path, code) == (
        "graders/mine.py: grader 'mine': something other than the value of grade came from its process, at the "
        "question 'q'\n  fix: a grader returns its value; it writes to no file descriptor that it did not open"
    )


def test_a_thread_that_writes_there_later_is_noticed_at_the_next_call(tmp_path):
    code = """
    import os, threading

    def late():
        for fd in range(3, 30):
            try:
                os.write(fd, b"late\\n")
            except OSError:
                pass

    def grade(answer, example):
        threading.Timer(0.2, late).start()
        return 0.5
    """
    reward = reward_of(tmp_path, code)
    assert reward([answer("AB")], [ONE], None) == [0.5]
    with pytest.raises(InputError, match="something other than the value of grade came from its process"):
        for _ in range(10_000):
            reward([answer("AB")], [ONE], None)


def test_a_grader_that_closes_all_files_is_said(tmp_path):
    code = "import os\ndef grade(answer, example):\n    os.closerange(3, 30)\n    return 1"
    assert "the process of grade ended at the question 'q' (exit status 1)" in failure(tmp_path, code)


def test_one_that_closes_them_and_goes_on_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("reasonome.training.graders._CLOSING_SECONDS", 0.1)
    code = "import os\ndef grade(answer, example):\n    os.closerange(3, 30)\n    while True: pass"
    said = "the process of grade ended at the question 'q' (it closed its file descriptors)"
    assert said in failure(tmp_path, code, seconds=600)


def test_an_error_of_many_words_is_cut(tmp_path):
    said = failure(tmp_path, "def grade(answer, example): raise ValueError('x' * 5_000_000)")
    assert "grade failed for the question 'q': ValueError: xxx" in said
    assert len(said) < 3000


@pytest.mark.parametrize("seconds", [1e-300, 3e6, 1e12, 1e308])
def test_any_number_of_seconds_will_do(tmp_path, seconds):
    code = "def grade(answer, example): return 0.5"
    if seconds < 1:
        assert "took more than 1e-300 seconds" in failure(tmp_path, code, seconds=seconds)
    else:
        assert graded(tmp_path, code, seconds=seconds) == [0.5]


def test_a_file_that_changed_since_the_recipe_was_read_is_an_error(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def grade(answer, example): return 1")
    grader = Grader(function="mine.py:grade", sha256=file_sha256(file))
    assert grader_rewards({"mine": grader}, tmp_path)["mine"].function([answer("A")], [ONE], None) == [1.0]
    file.write_text("def grade(answer, example): return 0")
    with pytest.raises(InputError, match="the file has changed since the recipe was read"):
        grader_rewards({"mine": grader}, tmp_path)


def test_the_example_that_is_shipped():
    grader = Grader(function="resources/graders/conclusion.py:conclusion")
    reward = grader_rewards({"conclusion": grader}, ROOT)["conclusion"]
    answers = [
        answer(["LDLR", "BSND"], "BSND is a channel. LDLR takes up LDL, so it is LDLR."),
        answer(["LDLR", "BSND"], "LDLR takes up LDL, but BSND is near."),
        answer(["LDLR", "BSND"], "One of them takes up LDL."),
        TASK.parse("<genes>[LDLR"),
    ]
    example = question(["LDLR", "BSND"], ["BSND"])
    assert reward.function(answers, [example] * 4, None) == [1.0, 0.5, 0.0, 0.0]
    assert (reward.low, reward.high) == (0.0, 1.0)
    assert reward.function(answers[:1], [question("", ["LDLR"])], None) == [1.0]
