"""Kills every stage at random moments and shows that nothing but time is lost.

python speed/kill_matrix.py --output kill_matrix.tsv
python speed/kill_matrix.py --stages grpo sft --kills "kill -9 job" --trials 4 --output some.tsv
python speed/kill_matrix.py --kills "kill -9 group" --trials 10 --output group.tsv
python speed/kill_matrix.py --kills scancel --output scancel.tsv                 # on the tests' cluster

A small project with a random backbone is run to its end once. A trial takes a copy of it, removes what one stage
wrote and what followed, runs Snakemake, kills the stage's program, and lets it be run again: by the same command, or by
Snakemake's own retry. Then weights, history, answers, scores and metrics must be those of the undisturbed run, byte for
byte, and no more than save_steps optimizer steps may have been done twice; they are counted by a hook in the
optimizer, not by any log.

The moments are random shares of the program's whole life, imports and closing writes included; half of the trials of
stages that train or generate fall into that part, which is short in so small a project. Trials that are in the output
already are not done again, so the command itself may be killed. Exit status 1 if a trial lost something. A Markdown
table is written beside the TSV.
"""

import argparse
import dataclasses
import itertools
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), *(str(ROOT / "tests" / name) for name in ("", "workflow", "slurm"))]

import killing  # noqa: E402
import one_machine  # noqa: E402
import pandas as pd  # noqa: E402
import psutil  # noqa: E402
import tiny_backbone  # noqa: E402
import tiny_project  # noqa: E402
from killing import KILLS, METRICS, SAVE_STEPS, STAGES, STEPS, UNLOCKS, Life, Run, Stage  # noqa: E402

from reasonome.core import atomic  # noqa: E402
from reasonome.core.errors import InputError, run_program  # noqa: E402
from reasonome.facts.fetching import weights  # noqa: E402
from reasonome.tasks import load_project  # noqa: E402

CANCEL = "scancel"
THROUGH_SLURM = ["--profile", str(ROOT / "profiles/slurm"), "--slurm-init-seconds-before-status-checks", "6"]
COLUMNS = (
    *("trial", "stage", "kill", "again by", "phase", "second", "of seconds", "steps done"),
    *("attempts", "steps repeated", "same", "differs", "left behind"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, help="default: as many as kills times stages, one of each pair")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stages", nargs="+", choices=list(STAGES), default=list(STAGES), metavar="STAGE")
    parser.add_argument("--kills", nargs="+", choices=[*KILLS, CANCEL], default=list(KILLS), metavar="KILL")
    parser.add_argument("--output", type=Path, required=True, help="table (TSV); trials in it are not done again")
    parser.add_argument("--work", type=Path, default=Path("results/kill_matrix"), help="folder of the projects")
    parser.add_argument("--weights", type=Path, default=ROOT / ".test-weights", help="where weights are fetched to")
    args = parser.parse_args()
    project = undisturbed(args.work.resolve(), args.weights)
    cells = list(itertools.product(args.kills, args.stages))
    random.Random(args.seed).shuffle(cells)
    rows = read_table(args.output)
    trials = len(cells) if args.trials is None else args.trials
    planned = {number: cells[number % len(cells)] for number in range(trials)}
    for number, (kill, name) in planned.items():
        done = rows.get(str(number))
        if done and (done["kill"], done["stage"]) != (kill, name):
            what = f"trial {number} of {args.output} is of {done['stage']} by {done['kill']}, not of {name} by {kill}"
            raise InputError(what, field="--output", fix="name another table, or remove this one")
    missing = [number for number in planned if str(number) not in rows]
    names = dict.fromkeys(planned[number][1] for number in missing)
    lives = {name: control(args.work.resolve(), project, name) for name in names}
    with slurm() if any(planned[number][0] == CANCEL for number in missing) else nullcontext():
        for number in tqdm(missing, desc="trials", unit="trial"):
            kill, name = planned[number]
            rng = random.Random(f"{args.seed} {number}")
            row = trial(args.work.resolve() / f"trial-{number}", project, name, kill, rng, lives[name])
            rows[str(number)] = {"trial": str(number), **row}
            write_table(args.output, rows)
    return report(rows)


@contextmanager
def slurm() -> Iterator[None]:
    """The tests' cluster on this machine; InputError where it cannot be had."""
    try:
        with one_machine.cluster():
            yield
    except one_machine.Unavailable as error:
        raise InputError(str(error), field="--kills scancel") from None


def undisturbed(work: Path, stored: Path) -> Path:
    """The finished project that all trials are copies of; made where it is not there yet."""
    project = work / "project"
    if (project / "finished").is_file():
        return project
    shutil.rmtree(project, ignore_errors=True)
    shipped = load_project(ROOT / "config")
    models = {}
    for name, entry in ((tiny_project.BACKBONE, shipped.backbones), ("minilm", shipped.encoders)):
        models[name] = stored / name / "model"
        if not (models[name] / "config.json").is_file():
            weights.fetch(entry[name].weights, models[name], name)
    tiny_project.make(project, models[tiny_project.BACKBONE], models["minilm"].resolve())
    backbone = project / "backbone"
    killing.shrink(project, backbone)
    tiny_project.snakemake(project, f"{killing.BENCHMARK}/train.jsonl")
    tiny_backbone.make(backbone, models[tiny_project.BACKBONE])
    killing.taught(backbone, project)
    print("the undisturbed run", flush=True)
    tiny_project.snakemake(project, METRICS)
    (project / "finished").touch()
    return project


def prepared(folder: Path, project: Path, stage: Stage) -> Path:
    """A copy without what the stage wrote and what followed from it."""
    shutil.rmtree(folder, ignore_errors=True)
    tiny_project.copied(project, folder)
    killing.forget(folder, (*stage.outputs, *stage.followers))
    return folder


def control(work: Path, project: Path, name: str) -> Life:
    """How long the stage's program lives when nobody kills it; it must end as the undisturbed run did."""
    kept = work / f"life-{name}.json"
    if kept.is_file():
        return Life(**json.loads(kept.read_text(encoding="utf-8")))
    stage = STAGES[name]
    folder = prepared(work / f"control-{name}", project, stage)
    run = Run(folder, *stage.targets)
    life = killing.watch(run, stage)
    if run.process.wait() != 0:
        raise RuntimeError(f"the undisturbed {name} failed\n{run.text()}")
    differing = differences(folder, project, stage)
    if differing:
        raise RuntimeError(f"two undisturbed runs of {name} differ: {', '.join(differing)}")
    worked = f", its work from {life.work_begins:.1f} to {life.work_ends:.1f} s" if stage.shows_work else ""
    print(f"{name}: {life.seconds:.1f} s undisturbed{worked}", flush=True)
    atomic.write_json(kept, dataclasses.asdict(life))
    shutil.rmtree(folder)
    return life


def differences(folder: Path, project: Path, stage: Stage) -> list[str]:
    """Names of the files that are not as in the undisturbed run."""
    ours, theirs = killing.fingerprint(folder, stage), killing.fingerprint(project, stage)
    return [Path(path).name for path in sorted(ours.keys() | theirs.keys()) if ours.get(path) != theirs.get(path)]


def trial(folder: Path, project: Path, name: str, kill: str, rng: random.Random, life: Life) -> dict[str, str]:
    """Kill one stage once; a row of the table. A copy that lost something is kept."""
    stage = STAGES[name]
    again = "command" if kill in UNLOCKS else rng.choice(["command", "retry"])
    options = THROUGH_SLURM if kill == CANCEL else []
    hit = None
    while hit is None:  # where the program was over before the moment came, another moment is drawn
        when = killing.moment(rng, stage)
        prepared(folder, project, stage)
        run = Run(folder, *stage.targets, *options, "--retries", "2" if again == "retry" else "0")
        hit = killing.kill(run, stage, kill, when, life, cancel if kill == CANCEL else None)
        status = run.process.wait()
    if kill in UNLOCKS:
        subprocess.run(UNLOCKS[kill], cwd=folder, check=True, capture_output=True)
    if again == "command" or status:
        run = Run(folder, *stage.targets, *options)
        if run.process.wait() != 0:
            raise RuntimeError(f"{folder} did not finish after its kill\n{run.text()}")
    differing = differences(folder, project, stage)
    attempts = killing.attempts(run, stage)
    repeated = killing.steps_done(run, stage) - STEPS if stage.trains else 0
    if not differing and repeated <= SAVE_STEPS:
        left = killing.left_behind(folder)
        shutil.rmtree(folder)
    else:
        left = [*killing.left_behind(folder), str(folder)]
    return {
        "stage": name,
        "kill": kill,
        "again by": again,
        "phase": when.phase,
        "second": f"{hit.seconds:.1f}",
        "of seconds": f"{life.seconds:.1f}",
        "steps done": str(hit.steps) if stage.trains else "",
        "attempts": str(attempts),
        "steps repeated": str(repeated) if stage.trains else "",
        "same": "no" if differing else "yes",
        "differs": " ".join(differing),
        "left behind": " ".join(left),
    }


def cancel(run: Run, program: psutil.Process) -> None:
    """Cancel the SLURM job that the program runs in."""
    subprocess.run(["scancel", program.environ()["SLURM_JOB_ID"]], check=True)


def read_table(path: Path) -> dict[str, dict[str, str]]:
    """Rows by trial; none where there is no table yet."""
    if not path.is_file():
        return {}
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    return {row["trial"]: row for row in table.to_dict("records")}


def write_table(path: Path, rows: dict[str, dict[str, str]]) -> None:
    """Write the table as TSV, and as Markdown beside it."""
    ordered = [rows[number] for number in sorted(rows, key=int)]
    atomic.write_tsv(path, pd.DataFrame(ordered, columns=COLUMNS))
    shown = COLUMNS[:-2]
    lines = [shown, ["---"] * len(shown), *([row[column] for column in shown] for row in ordered)]
    atomic.write_text(path.with_suffix(".md"), "".join(f"| {' | '.join(line)} |\n" for line in lines))


def report(rows: dict[str, dict[str, str]]) -> int:
    """Print a summary; exit status 1 if something was lost."""
    repeated = [int(row["steps repeated"]) for row in rows.values() if row["steps repeated"]]
    same = sum(row["same"] == "yes" for row in rows.values())
    left = sum(bool(row["left behind"]) for row in rows.values())
    most = max(repeated, default=0)
    print(
        f"{len(rows)} trials: {same} end as undisturbed, at most {most} of {SAVE_STEPS} allowed steps repeated,"
        f" {left} left temporary files behind"
    )
    return int(same < len(rows) or most > SAVE_STEPS)


if __name__ == "__main__":
    run_program(main)
