"""Kill a job's program at a chosen moment of its life, and count what it did from outside of the program.

Jobs inherit a PYTHONPATH with `witness/sitecustomize.py`, which writes down each start of a program and each
optimizer step, so that no log that is under test is trusted.
"""

import atexit
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import tiny_project
from tiny_project import BACKBONE, edit

from reasonome.core.manifest import file_sha256, text_sha256

WITNESS = Path(__file__).with_name("witness")
EXPERIMENT = "kills"
STEPS, SAVE_STEPS = 12, 3
MODELS = f"results/models/{BACKBONE}"
BENCHMARK = "results/benchmarks/demo-go"
POLL = 0.01


@dataclass(frozen=True)
class Stage:
    """A stage that can be killed: its program, and what it writes, which is removed before the kill.

    The `script` of a training is its own chain. `partial` is the file in which one that answers keeps its batches.
    """

    script: str
    outputs: tuple[str, ...]
    partial: str | None = None
    trains: bool = False


def _model(chain: str, *more: str) -> Stage:
    files = ("model", "manifest.json", "history.jsonl", "run.json", *more)
    return Stage(chain, tuple(f"{MODELS}/{chain}/{name}" for name in files), trains=True)


# Every arm is one step from the backbone.
STAGES = {
    "facts": Stage(
        "build_facts.py",
        tuple(f"results/facts/demo/{name}" for name in ("facts.parquet", "denied.parquet", "statistics.tsv")),
    ),
    "sft": _model("sft.names-s0"),
    "grpo-passes": _model("grpo.twice-s0", "validation.json", "constant.json"),
    "generate": Stage(
        "generate.py",
        (f"results/answers/{BACKBONE}/base/demo-go.demo-names/greedy.jsonl",),
        f"results/answers/{BACKBONE}/base/demo-go.demo-names/.greedy.jsonl.partial",
    ),
}


def taught(folder: Path, project: Path, steps: int = 100) -> None:
    """Teach the tiny model in `folder` to open its answers with `Process:` and some name, so that rewards differ.

    Without it every completion earns nothing, GRPO has no gradient, and equal weights would prove nothing. `project`
    holds the benchmark whose prompts and names it learns from.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from reasonome.benchmarks.rows import read_rows
    from reasonome.prompts.chat_template import render
    from reasonome.tasks import TASKS, load_project

    task, style = TASKS["gene_set_naming"], load_project(project / "config").style("demo-go", "demo-names")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    examples = read_rows(project / BENCHMARK / "train.jsonl", task.Example)
    prompts = [render(tokenizer, task.prompt(one, style).messages) for one in examples]
    rng, seen = random.Random(0), 16  # the last tokens of a text: all of its answer, none of its prompt but the end
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(steps):
        texts = [f"{rng.choice(prompts)[-150:]}Process: {rng.choice(examples).name}\n" for _ in range(8)]
        batch = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        logits = model(**batch, logits_to_keep=seen + 1).logits[:, :-1]
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["input_ids"][:, -seen:].flatten()).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)


def shrink(folder: Path, backbone: Path) -> None:
    """Make a tiny project one of arms that are one step long, with steps enough to be killed in.

    They are passes of about five steps each, so that jobs resume in any pass, and end inside one.
    """
    steps = {"max_steps": STEPS, "save_steps": SAVE_STEPS, "batch_size": 2, "micro_batch_size": 2}
    edit(folder, "backbones.yaml", lambda c: c[BACKBONE]["weights"].update(path=str(backbone)))
    edit(folder, "resources.yaml", lambda c: c.append({"cpus": 2, "memory_gb": 4, "gpus": 0}))
    edit(folder, "decodings.yaml", lambda c: c["greedy"].update(max_new_tokens=96, batch_size=1))
    edit(folder, "recipes/sft.yaml", lambda c: c["variants"]["names"].update(max_examples=10, **steps))
    grpo = steps | {"batch_size": 8, "micro_batch_size": 4, "prompts": 10, "generations": 4, "validation": 2}
    # Two steps on the same completions: checkpoints fall between batches alone.
    grpo |= {"max_completion_length": 32, "iterations": 2, "save_steps": 2}
    edit(folder, "recipes/grpo.yaml", lambda c: c["variants"].update(twice=c["variants"]["soft"] | grpo))
    shutil.copy(folder / "config/experiments/demo.yaml", folder / f"config/experiments/{EXPERIMENT}.yaml")
    arms = {"base": [], "RA": ["sft.names"], "TA": ["grpo.twice"]}
    edit(folder, f"experiments/{EXPERIMENT}.yaml", lambda c: c.update(arms=arms, description="Jobs that are killed."))


def forget(project: Path, paths: Sequence[str]) -> None:
    """Remove outputs of a copy, whether files or folders, and the checkpoints beside them."""
    for path in paths:
        target = project / path
        shutil.rmtree(target.parent / "trainer", ignore_errors=True)
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)


def fingerprint(project: Path, stage: Stage) -> dict[str, str]:
    """SHA-256 by path of what a kill must not change: all that the stage writes but run.json."""
    found = {}
    for path in stage.outputs:
        target = project / path
        files = sorted(target.rglob("*")) if target.is_dir() else [target]
        for file in files:
            if file.name not in ("run.json", "recipe.json"):
                found[file.relative_to(project).as_posix()] = _digest(file)
    return found


def _digest(file: Path) -> str:
    if not file.is_file():
        return "missing"
    if "answers" not in file.parts:
        return file_sha256(file)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return text_sha256(json.dumps([{key: row[key] for key in row if key != "seconds"} for row in rows]))


@dataclass(frozen=True)
class Event:
    """A line of the witness: `start` of a program, or a step that is `done`."""

    what: str
    script: str
    pid: int


class Run:
    """One Snakemake command on a project, in the background, with a witness of what its programs do."""

    def __init__(self, project: Path, *arguments: str):
        self.project = project
        self.events_file = project / "events.txt"
        self.log = project / "snakemake.log"
        environment = tiny_project.environment() | {
            "REASONOME_WITNESS": str(self.events_file.resolve()),
            "PYTHONPATH": str(WITNESS),
        }
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(
                tiny_project.command(*arguments),
                cwd=project,
                env=environment,
                stdout=out,
                stderr=out,
                process_group=0,  # so that a kill of its group spares whoever watches
            )
        atexit.register(self._end)

    def _end(self) -> None:
        """End it with whoever watches, whose Ctrl-C does not reach its group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)

    def events(self, script: str) -> list[Event]:
        """What the program `script` has done in all runs of this project so far."""
        if not self.events_file.is_file():
            return []
        lines = self.events_file.read_text(encoding="utf-8").split("\n")[:-1]
        found = [Event(what, name, int(pid)) for what, name, pid in map(str.split, lines)]
        return [event for event in found if event.script == script]

    def wait_for(self, condition: Callable[[], object], seconds: float = 600) -> bool:
        """Poll until `condition()` holds; False if Snakemake ended before."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                return bool(condition())
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing happened within {seconds} s; see {self.log}")
            time.sleep(POLL)
        return True

    def program(self, script: str) -> psutil.Process | None:
        """The process of the last start of `script`; None if there was none or it has ended."""
        starts = [event for event in self.events(script) if event.what == "start"]
        try:
            process = psutil.Process(starts[-1].pid) if starts else None
            return process if process and alive(process) else None
        except psutil.NoSuchProcess:
            return None

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def alive(process: psutil.Process) -> bool:
    """Whether a process runs, and is not merely waited for by its parent."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill_program(run: Run, program: psutil.Process, number: signal.Signals) -> None:
    """Signal the program alone; its shell and Snakemake see it end."""
    program.send_signal(number)


def kill_job(run: Run, program: psutil.Process, number: signal.Signals) -> None:
    """Signal the job's shell and all below it at once, as a cluster does."""
    job = [parent for parent in program.parents() if run.process.pid in (p.pid for p in parent.parents())]
    top = job[-1] if job else program
    _signal([*top.children(recursive=True), top], number)


def kill_everything(run: Run, program: psutil.Process, number: signal.Signals) -> None:
    """Signal Snakemake too, as a machine that stops does."""
    top = psutil.Process(run.process.pid)
    _signal([top, *top.children(recursive=True)], number)


def kill_group(run: Run, program: psutil.Process, number: signal.Signals) -> None:
    """Signal Snakemake's process group at once, as a power cut or a closed terminal does."""
    members = psutil.Process(run.process.pid).children(recursive=True)
    os.killpg(run.process.pid, number)
    while any(map(alive, members)):
        time.sleep(POLL)


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue


KILLS: dict[str, tuple[Callable, signal.Signals]] = {
    "kill -9 program": (kill_program, signal.SIGKILL),
    "kill -9 job": (kill_job, signal.SIGKILL),
    "kill -9 all": (kill_everything, signal.SIGKILL),
    "kill -9 group": (kill_group, signal.SIGKILL),
    "SIGTERM job": (kill_job, signal.SIGTERM),
}
# What removes the lock of a Snakemake that was killed: a command by hand, or the program that `make demo` runs first.
UNLOCKS: dict[str, list[str]] = {
    "kill -9 all": tiny_project.command("--unlock"),
    "kill -9 group": [sys.executable, str(tiny_project.ROOT / "scripts/release_lock.py")],
}


def progress(run: Run, stage: Stage) -> int:
    """Optimizer steps that are done in all attempts, or batches that are kept."""
    if stage.trains:
        return steps_done(run, stage)
    partial = run.project / stage.partial
    return partial.read_text(encoding="utf-8").count("\n") - 1 if partial.exists() else 0


def steps_done(run: Run, stage: Stage) -> int:
    """Optimizer steps of all attempts of the stage's program."""
    return sum(event.what == "done" for event in run.events(stage.script))


def attempts(run: Run, stage: Stage) -> int:
    """How often the stage's program was started."""
    return sum(event.what == "start" for event in run.events(stage.script))
