"""Writes down, for tests that kill jobs, every start of a program and every optimizer step; Python imports it first.

A training has the name of its chain. A line is one write to a file that is open for appending, so that what was done
before a kill stands there.
"""

import os
import sys

_FILE = os.environ.get("REASONOME_WITNESS")
_SCRIPT = next((os.path.basename(part) for part in sys.orig_argv if "/scripts/" in part and part.endswith(".py")), "")
if _SCRIPT == "train.py":  # of which chain?
    _SCRIPT = os.path.basename(os.path.dirname(sys.orig_argv[-1]))


def _write(what):
    descriptor = os.open(_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, f"{what} {_SCRIPT} {os.getpid()}\n".encode())
    os.close(descriptor)


def _watch_steps(module):
    module.register_optimizer_step_post_hook(lambda *_: _write("done"))


if _FILE and _SCRIPT:
    import wrapt

    _write("start")
    wrapt.register_post_import_hook(_watch_steps, "torch.optim.optimizer")
