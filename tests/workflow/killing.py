"""Kill a job's program at a chosen moment of its life, and count what it did from outside of the program.

Jobs inherit a PYTHONPATH with `witness/sitecustomize.py`, which writes down each start of a program and each
optimizer step, so that no log that is under test is trusted.
"""

import atexit
import dataclasses
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
METRICS = f"results/experiments/{EXPERIMENT}/metrics.tsv"
STEPS, SAVE_STEPS = 12, 3
MODELS, DECODING = f"results/models/{BACKBONE}", "demo-go.demo-names/greedy"
POLL = 0.01


@dataclass(frozen=True)
class Stage:
    """A stage that can be killed: its program, the chain whose answers follow from it, and what it writes.

    The `script` of a training is its own chain. `outputs` are removed before a trial, together with answers and scores
    of `chain`; `partial` appears where its real work begins, if a file says so.
    """

    script: str
    chain: str | None
    outputs: tuple[str, ...]
    partial: str | None = None
    trains: bool = False

    @property
    def shows_work(self) -> bool:
        """Whether it can be seen from outside where its real work begins."""
        return self.trains or self.partial is not None

    @property
    def targets(self) -> tuple[str, str]:
        """What is asked for after a kill: the tables, and what they do not need as long as the models are there."""
        return METRICS, self.outputs[0]

    @property
    def followers(self) -> tuple[str, ...]:
        """What is made of the outputs and is made anew after them, tables of the experiment included."""
        of_chain = (_answers(self.chain), *_scores(self.chain)) if self.chain else ()
        return (*of_chain, METRICS, METRICS.replace("metrics", "comparisons"))


def _answers(chain: str) -> str:
    return f"results/answers/{BACKBONE}/{chain}/{DECODING}.jsonl"


def _scores(chain: str) -> tuple[str, str]:
    stem = f"results/scores/{BACKBONE}/{chain}/{DECODING}"
    return f"{stem}.parquet", f"{stem}.json"


def _model(chain: str, *more: str) -> Stage:
    files = ("model", "manifest.json", "history.jsonl", "run.json", *more)
    return Stage(chain, chain, tuple(f"{MODELS}/{chain}/{name}" for name in files), trains=True)


_TEACHER = "results/reasoning/knowledge-given/demo-go.demo-names"
BENCHMARK = "results/benchmarks/demo-go"
# Every arm is one step from the backbone, so that a trial repeats one stage and what follows, and no other.
STAGES = {
    "facts": Stage(
        "build_facts.py",
        None,
        tuple(f"results/facts/demo/{name}" for name in ("facts.parquet", "denied.parquet", "statistics.tsv")),
    ),
    "benchmark": Stage(
        "build_benchmark.py",
        None,
        tuple(f"{BENCHMARK}/{name}" for name in ("train.jsonl", "valid.jsonl", "test.jsonl", "audit.json")),
    ),
    "statements": Stage(
        "write_statements.py",
        None,
        tuple(f"results/statements/demo/{name}" for name in ("train.jsonl", "held_out.jsonl", "statistics.tsv")),
    ),
    "reasoning": Stage("write_reasoning.py", None, (f"{_TEACHER}.jsonl", f"{_TEACHER}.dropped.jsonl")),
    "pretrain": _model("pretrain.demo-s0"),
    "sft": _model("sft.names-s0"),
    "dpo": _model("dpo.demotiers-s0"),
    # What it judges follows from it.
    "reward": dataclasses.replace(
        _model("reward.demotiers-s0", "pair_accuracies.json"), chain="onlinedpo.demojudged-s0"
    ),
    "onlinedpo": _model("onlinedpo.demojudged-s0", "validation.json", "constant.json"),
    "grpo": _model("grpo.soft-s0", "validation.json", "constant.json"),
    "grpo-passes": _model("grpo.twice-s0", "validation.json", "constant.json"),
    "generate": Stage(
        "generate.py",
        "base",
        (_answers("base"),),
        f"results/answers/{BACKBONE}/base/demo-go.demo-names/.greedy.jsonl.partial",
    ),
    "score": Stage("score.py", "base", _scores("base")),
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
    # As many threads with a cluster as without: sums on more of them are rounded in another order.
    edit(folder, "resources.yaml", lambda c: c.append({"cpus": 2, "memory_gb": 4, "gpus": 0}))
    edit(folder, "decodings.yaml", lambda c: c["greedy"].update(max_new_tokens=96, batch_size=1))
    edit(folder, "recipes/pretrain.yaml", lambda c: c["variants"]["demo"].update(max_tokens=2700, **steps))
    edit(folder, "recipes/sft.yaml", lambda c: c["variants"]["names"].update(max_examples=10, **steps))
    grpo = steps | {"batch_size": 8, "micro_batch_size": 4, "prompts": 10, "generations": 4, "validation": 2}
    edit(folder, "recipes/grpo.yaml", lambda c: c["variants"]["soft"].update(grpo, max_completion_length=32))
    # Two steps on the same completions: checkpoints fall between batches alone.
    edit(
        folder,
        "recipes/grpo.yaml",
        lambda c: c["variants"].update(twice=c["variants"]["soft"] | {"iterations": 2, "save_steps": 2}),
    )
    edit(folder, "preferences.yaml", lambda c: c["demo-tiers"].update(held_out=4))
    for stage in ("dpo", "reward"):
        edit(folder, f"recipes/{stage}.yaml", lambda c: c["variants"]["demotiers"].update(steps, max_pairs=10))
    judged = {key: value for key, value in grpo.items() if key != "generations"}
    judged |= {"judge": ["reward.demotiers"], "rewards": {"format": 1.0}, "max_completion_length": 32}
    edit(folder, "recipes/onlinedpo.yaml", lambda c: c["variants"].update(demojudged=judged))
    shutil.copy(folder / "config/experiments/demo.yaml", folder / f"config/experiments/{EXPERIMENT}.yaml")
    arms = {"base": [], "KW": ["pretrain.demo"], "RA": ["sft.names"], "TA": ["grpo.soft"], "twice": ["grpo.twice"]}
    arms |= {"DPO": ["dpo.demotiers"], "online": ["onlinedpo.demojudged"]}
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
    """SHA-256 by path of what a kill must not change: all that the stage and its followers write but run.json."""
    found = {}
    for path in (*stage.outputs, *stage.followers):
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
    """A line of the witness: `start` of a program, a `step` begun or `done`."""

    what: str
    script: str
    pid: int


class Run:
    """One Snakemake command on a project, in the background, with a witness of what its programs do."""

    def __init__(self, project: Path, *arguments: str):
        cores = None if "--profile" in arguments else 2  # a profile says how many jobs run at once
        self.project = project
        self.events_file = project / "events.txt"
        self.log = project / "snakemake.log"
        environment = tiny_project.environment() | {
            "REASONOME_WITNESS": str(self.events_file.resolve()),
            "PYTHONPATH": str(WITNESS),
        }
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(
                tiny_project.command(*arguments, cores=cores),
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
    "SIGTERM program": (kill_program, signal.SIGTERM),
    "SIGTERM job": (kill_job, signal.SIGTERM),
}
# What removes the lock of a Snakemake that was killed: a command by hand, or the program that `make demo` runs first.
UNLOCKS: dict[str, list[str]] = {
    "kill -9 all": tiny_project.command("--unlock"),
    "kill -9 group": [sys.executable, str(tiny_project.ROOT / "scripts/release_lock.py")],
}


@dataclass(frozen=True)
class Life:
    """Seconds of an undisturbed program: from its start to the end of its process, and where its work lies in them."""

    seconds: float
    work_begins: float
    work_ends: float


def begun(run: Run, stage: Stage) -> bool:
    """Whether the work that takes the time in a real run is under way."""
    if stage.trains:
        return any(event.what == "step" for event in run.events(stage.script))
    return stage.partial is not None and (run.project / stage.partial).exists()


def progress(run: Run, stage: Stage) -> int:
    """Optimizer steps that are done in all attempts, or batches that are kept."""
    if stage.trains:
        return steps_done(run, stage)
    partial = run.project / stage.partial
    return partial.read_text(encoding="utf-8").count("\n") - 1 if partial.exists() else 0


def finished(run: Run, stage: Stage) -> bool:
    if stage.trains:
        return steps_done(run, stage) >= STEPS
    return all((run.project / path).exists() for path in stage.outputs)


def watch(run: Run, stage: Stage) -> Life:
    """Watch the stage's program from its start to its end."""
    program = run.program(stage.script) if run.wait_for(lambda: run.program(stage.script)) else None
    if program is None:
        raise RuntimeError(f"{stage.script} was not run\n{run.text()}")
    born = program.create_time()
    marks = []
    for condition in (lambda: begun(run, stage), lambda: finished(run, stage)):
        while not condition() and alive(program):
            time.sleep(POLL)
        marks.append(time.time() - born)
    while alive(program):
        time.sleep(POLL)
    return Life(time.time() - born, *marks)


@dataclass(frozen=True)
class Moment:
    """When a program is killed: a share of its whole life, or of its work once that has begun."""

    phase: str
    share: float


def moment(rng: random.Random, stage: Stage) -> Moment:
    """A random moment; half of them in the work, which is a small part of a tiny program's life."""
    return Moment("work" if stage.shows_work and rng.random() < 0.5 else "life", rng.random())


@dataclass(frozen=True)
class Killed:
    """What a kill hit: seconds since the program's start, and optimizer steps that were done."""

    seconds: float
    steps: int


def kill(run: Run, stage: Stage, how: str, when: Moment, life: Life, end: Callable | None = None) -> Killed | None:
    """End the stage's program at a moment of its life; None if it was over before. `end` replaces that of KILLS."""
    if not run.wait_for(lambda: run.program(stage.script)):
        return None
    program = run.program(stage.script)
    if program is None:
        return None
    born = program.create_time()
    if when.phase == "work":
        while alive(program) and not begun(run, stage):
            time.sleep(POLL)
        time.sleep(when.share * (life.work_ends - life.work_begins))
    else:
        time.sleep(max(0.0, born + when.share * life.seconds - time.time()))
    if not alive(program):
        return None
    done = steps_done(run, stage)
    if end is None:
        function, number = KILLS[how]
        function(run, program, number)
    else:
        end(run, program)
    return Killed(time.time() - born, done)


def steps_done(run: Run, stage: Stage) -> int:
    """Optimizer steps of all attempts of the stage's program."""
    return sum(event.what == "done" for event in run.events(stage.script))


def attempts(run: Run, stage: Stage) -> int:
    """How often the stage's program was started."""
    return sum(event.what == "start" for event in run.events(stage.script))


def left_behind(project: Path) -> list[str]:
    """Temporary files and folders that nothing will use or remove."""
    results = project / "results"
    stray = [*results.rglob(".*.partial"), *results.rglob(".*.old"), *results.rglob("checkpoint-*")]
    return sorted(path.relative_to(project).as_posix() for path in stray)
