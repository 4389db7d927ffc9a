"""Programs of a rehearsal start from a process that has imported what they import: most last less than their imports.

python forking.py FOLDER SCRIPT [ARGUMENT ...]     runs a program in a copy of it
FOLDER/python SCRIPT [ARGUMENT ...]                the same, in place of Python, which runs whatever is no file
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from contextlib import redirect_stdout, suppress
from io import StringIO
from shlex import quote

# What a copy may take over, since importing it starts nothing.
IMPORTED = ("pandas", "pyarrow.parquet", "datasets", "torch", "transformers", "peft", "trl", "scipy.stats")
STREAMS = (0, 1, 2)
PYTHON, _SOCKET = "python", "socket"  # files in the folder
_SCRIPT = """\
#!/bin/sh
case "$1" in *.py) exec {python} -S -E {forking} {folder} "$@" ;; esac
exec {python} "$@"
"""
_LONGEST = 1 << 22  # bytes of a command line and an environment


def start(folder: str) -> int:
    """Start a copy of this process, which runs each program that is asked for in a copy of itself.

    It ends where what is returned, a file, is closed. Where no other thread runs here, none is missing there.
    """
    python = os.path.join(folder, PYTHON)
    with open(python, "w", encoding="utf-8") as script:
        script.write(_SCRIPT.format(python=quote(sys.executable), forking=quote(__file__), folder=quote(folder)))
    os.chmod(python, 0o700)
    with redirect_stdout(StringIO()):  # some say at their import which devices they lack
        for name in IMPORTED:
            importlib.import_module(name)
    open_here, closed = os.pipe()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.join(folder, _SOCKET))
        listening.listen()
        if os.fork() == 0:
            try:
                os.close(closed)
                sys.executable = python  # for what programs start themselves
                _serve(listening, open_here)
            finally:
                os._exit(1)
    os.close(open_here)
    return closed


def _serve(listening: socket.socket, until: int) -> None:
    """Run each program that is asked for in a copy of this process, until a file ends."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for own in STREAMS:
        os.dup2(nowhere, own)
    # Programs have their own checkout's, which need not be that of this process.
    for name in [name for name in sys.modules if name.partition(".")[0] == "reasonome"]:
        del sys.modules[name]
    gc.freeze()  # copies need not look through what was imported
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no copy waits to be asked how it ended
    threading.Thread(target=_end_with_file, args=[until], daemon=True).start()
    known: set[str] = set()
    while True:
        asked, _ = listening.accept()
        written, streams, *_ = socket.recv_fds(asked, _LONGEST, len(STREAMS))
        if written:  # who asked lives
            words, folder, environment = json.loads(written)
            if words[0] not in known:
                known.add(words[0])
                _import_for(os.path.join(folder, words[0]))
            if os.fork() == 0:
                listening.close()
                _run(asked, words, folder, environment, streams)
        asked.close()
        for stream in streams:
            os.close(stream)


def _end_with_file(until: int) -> None:
    os.read(until, 1)
    os._exit(0)


def _import_for(script: str) -> None:
    """Import what a program imports at its beginning; what cannot be imported its copy will tell."""
    import ast  # which whoever asks needs not

    sys.path.insert(0, os.path.dirname(script))
    with suppress(Exception), open(script, "rb") as file:
        program = ast.parse(file.read())
        program.body = [line for line in program.body if isinstance(line, ast.Import | ast.ImportFrom)]
        exec(compile(program, script, "exec"), {})


def _run(asked: socket.socket, words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """Run a program in another copy, and tell its exit status; it ends where who asked for it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    program = os.fork()
    if program == 0:
        asked.close()
        os.setpgid(0, 0)
        _become(words, folder, environment, streams)
    threading.Thread(target=_end_with, args=[asked, program], daemon=True).start()
    _, status = os.waitpid(program, 0)
    with suppress(OSError):  # who asked has ended
        asked.sendall(bytes([os.waitstatus_to_exitcode(status) % 256]))
    os._exit(0)


def _become(words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """Be a program."""
    for given, own in zip(streams, STREAMS, strict=True):
        os.dup2(given, own)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = words
    sys.path.insert(0, os.path.dirname(words[0]))
    status = 1
    try:
        runpy.run_path(words[0], run_name="__main__")
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:  # as Python tells it of any program
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(ValueError):  # the program has closed it
                stream.flush()
        os._exit(status)


def _end_with(asked: socket.socket, program: int) -> None:
    """Kill a program, and what it started, where who asked for it ends."""
    asked.recv(1)
    with suppress(ProcessLookupError):
        os.killpg(program, signal.SIGKILL)


def ask(folder: str, words: list[str]) -> int:
    """The exit status of a program that a copy of the process runs; 1 where that was killed."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(os.path.join(folder, _SOCKET))
        socket.send_fds(asked, [json.dumps([words, os.getcwd(), dict(os.environ)]).encode()], STREAMS)
        status = asked.recv(1)
    return status[0] if status else 1


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
