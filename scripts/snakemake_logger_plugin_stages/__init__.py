"""A logger for Snakemake (`--logger stages`): a line for each job that takes a while, and a bar while it runs.

Jobs started with REASONOME_QUIET=1 write to their logs alone. The bar reads how far the running job is from its log,
where programs write what tqdm prints. `--logger-stages-failures FILE` keeps which jobs failed, a line of JSON each.
"""

import json
import re
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from logging import WARNING, LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

_LONG = 5.0  # seconds from which a finished job gets a line
_LAST_BYTES = 4096  # of a log, in which the newest bar is looked for
_LAST_LINES = 15  # of the log of a failed job, which are shown
_BAR = re.compile(r"(\d+)/(\d+) \[[\d:]+<([\d:]+)")  # done, of how many, and the time that is left, as tqdm writes it
_WIDTH = 24


@dataclass
class _Job:
    name: str
    log: Path | None
    started: float


def job_name(rule: str, wildcards: dict[str, str]) -> str:
    """A job in words: a training by its last step, what is done with a model by all steps, else the first wildcard."""
    chain = wildcards.get("chain", "")
    words = [chain.rpartition("+")[2] or next(iter(wildcards.values()), "")]
    if chain and not words[0].startswith(f"{rule}."):
        words = ["of", chain.replace("+", " + ")]
    return " ".join([rule.replace("_", " "), *filter(None, words)])


def newest_bar(text: str) -> tuple[int, int, str] | None:
    """How many of how many steps the newest bar in a log shows as done, and the time left; None without a bar."""
    bars = _BAR.findall(text)
    return (int(bars[-1][0]), int(bars[-1][1]), bars[-1][2]) if bars else None


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """The logger's options on Snakemake's command line."""

    failures: str = field(default="", metadata={"help": "file that gets a line for each job that failed"})


class LogHandler(LogHandlerBase):
    """Prints lines and a bar in place of Snakemake's own messages."""

    writes_to_stream = True  # pyright: ignore[reportAssignmentType]
    writes_to_file = False  # pyright: ignore[reportAssignmentType]
    has_filter = True  # pyright: ignore[reportAssignmentType]
    has_formatter = True  # pyright: ignore[reportAssignmentType]
    needs_rulegraph = False  # pyright: ignore[reportAssignmentType]

    def __post_init__(self) -> None:
        self._running: dict[int, _Job] = {}
        self._done, self._total, self._shown = 0, 0, 0
        self._printing = threading.Lock()
        if sys.stderr.isatty():
            threading.Thread(target=self._keep_drawing, daemon=True).start()

    def emit(self, record: LogRecord) -> None:
        """Note what started and finished; print what took long, what failed, and warnings."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            log = Path(record.log[0]) if record.log else None  # pyright: ignore[reportAttributeAccessIssue]
            name = job_name(record.rule_name, dict(record.wildcards))  # pyright: ignore[reportAttributeAccessIssue]
            self._running[record.jobid] = _Job(name, log, time.monotonic())  # pyright: ignore[reportAttributeAccessIssue]
        elif event == LogEvent.JOB_FINISHED:
            job = self._running.pop(record.job_id, None)  # pyright: ignore[reportAttributeAccessIssue]
            if job and (seconds := time.monotonic() - job.started) >= _LONG:
                self._print(f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}  {job.name}")
        elif event == LogEvent.PROGRESS:
            self._done, self._total = record.done, record.total  # pyright: ignore[reportAttributeAccessIssue]
        elif event == LogEvent.JOB_ERROR:
            job = self._running.pop(record.jobid, None)  # pyright: ignore[reportAttributeAccessIssue]
            if job:
                self._print(f"failed: {job.name}; its log is {job.log}")
                self._keep(job)
                self._print("\n".join(_read(job.log).splitlines()[-_LAST_LINES:]))
        elif event in (None, LogEvent.ERROR) and record.levelno >= WARNING:
            message = record.getMessage()
            if not message.startswith("RuleException:"):  # with a whole command; the job has been named
                self._print(message)

    def _keep(self, job: _Job) -> None:
        if file := getattr(self.settings, "failures", None):
            with Path(file).open("a", encoding="utf-8") as failures:
                failures.write(json.dumps({"job": job.name, "log": str(job.log)}) + "\n")

    def _print(self, text: str) -> None:
        with self._printing:
            self._clear()
            print(text, file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._shown:
            print("\r" + " " * self._shown + "\r", end="", file=sys.stderr)
            self._shown = 0

    def _keep_drawing(self) -> None:
        while True:
            time.sleep(1)
            with self._printing:
                self._clear()
                line = self._line()[: shutil.get_terminal_size().columns - 1]
                print(line, end="", file=sys.stderr, flush=True)
                self._shown = len(line)

    def _line(self) -> str:
        """The bar of the job that has run longest, and how many jobs are done."""
        jobs = f"{self._done} of {self._total} jobs" if self._total else "planning"
        if not self._running:
            return jobs
        job = min(list(self._running.values()), key=lambda one: one.started)
        bar = newest_bar(_read(job.log))
        if bar is None:
            return f"{job.name} … {jobs}"
        done, of, left = bar
        filled = _WIDTH * done // of if of else 0
        return f"{'█' * filled}{'░' * (_WIDTH - filled)} {done}/{of}, {left} left  {job.name} · {jobs}"


def _read(log: Path | None) -> str:
    """The end of a log; "" while there is none."""
    if log is None or not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LAST_BYTES))
        return file.read().decode("utf-8", "replace")
