"""The chain as jobs of a real SLURM, in one run: what they ask for, and what becomes of those that are disturbed."""

import json
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import tiny_project
import torch
from safetensors.torch import load_file
from tiny_project import ALIGNED, PRETRAINED, ROOT, TAUGHT

pytestmark = pytest.mark.slow(minutes=4)

BACKBONE = "tiny"
MODELS = f"results/models/{BACKBONE}"
SCORES = f"results/scores/{BACKBONE}/{ALIGNED}/demo-go.demo-names/greedy.parquet"
RECALLED = f"results/recall/{BACKBONE}/{ALIGNED}/demo.4.jsonl"
LATE, NARROW, WIDE = (f"sft.{name}-s0" for name in ("late", "narrow", "wide"))
RUN_SECONDS = 900
STEPS = 16


@dataclass
class Run:
    """What a run through SLURM left behind."""

    project: Path
    log: str

    def trainings(self, chain: str) -> list[dict[str, str]]:
        """What SLURM says of the jobs that trained a model."""
        return self.jobs(f"_wildcards_{re.escape(f'{BACKBONE}_{chain}')}$")

    def jobs(self, comment: str) -> list[dict[str, str]]:
        """What SLURM says of the jobs whose comment has this text, in the order of their submission."""
        described = subprocess.run(
            ["scontrol", "--oneliner", "show", "job"], capture_output=True, text=True, check=True
        ).stdout
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in described.splitlines()]
        own = [job for job in jobs if re.search(comment, job["Comment"])]
        return sorted(own, key=lambda job: int(job["JobId"]))


def make_project(finished: Path, folder: Path, tiny_backbone: Path) -> Path:
    """The finished project with a backbone that has no models yet, and steps that can be disturbed."""
    made = shutil.ignore_patterns("pretrain.demo*", "answers", "scores", "report.html")
    shutil.copytree(finished, folder, symlinks=True, ignore=made)

    def backbone(config):
        config[BACKBONE] = {**config[tiny_project.BACKBONE], "weights": tiny_project.local(tiny_backbone)}

    def steps(config):
        same = {**config["variants"]["names"], "max_steps": STEPS, "micro_batch_size": 1, "precision": "fp32"}
        config["variants"].update(late=same, narrow=same, wide=same)
        config["variants"]["names"].update(max_steps=STEPS)

    def shared_out(config):  # over eight processes
        config["variants"]["soft"].update(batch_size=8, micro_batch_size=1)

    def requests(config):
        config += [
            {"cpus": 2, "memory_gb": 4},
            {"rules": ["grpo"], "recipes": ["grpo.soft"], "gpus": 8, "gpu_model": "h200"},
            {"recipes": ["sft.late"], "minutes": 2, "retry_factor": 2},
            {"recipes": ["sft.narrow"], "gpus": 0},
            {"recipes": ["sft.wide"], "gpus": 0, "nodes": 2, "processes": 1},
        ]

    tiny_project.edit(folder, "backbones.yaml", backbone)
    tiny_project.edit(folder, "recipes/sft.yaml", steps)
    tiny_project.edit(folder, "recipes/grpo.yaml", shared_out)
    tiny_project.edit(folder, "resources.yaml", requests)
    return folder


def disturb(models: Path, run: subprocess.Popen, commands: dict[str, list[str]]) -> None:
    """Stop what trains each chain once it has saved, so that it cannot end before SLURM is told, and tell SLURM.

    SLURM lets stopped processes continue when it ends their job, as it does with all.
    """
    deadline = time.monotonic() + RUN_SECONDS
    waiting = dict(commands)
    while waiting:
        assert run.poll() is None and time.monotonic() < deadline, f"nothing was saved of {', '.join(waiting)}"
        for chain, command in list(waiting.items()):
            if any((models / chain).glob("trainer/*/checkpoint-*/complete.json")):
                trainer(chain).send_signal(signal.SIGSTOP)
                if command:
                    subprocess.run([*command, running_job(chain)], check=True)
                del waiting[chain]
        time.sleep(0.05)


def trainer(chain: str) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if len(words) > 1 and words[1].endswith("/train.py") and f"{MODELS}/{chain}/manifest.job.json" in words:
            return process
    raise AssertionError(f"no process trains {chain}")


def running_job(chain: str) -> str:
    listed = subprocess.run(["squeue", "--noheader", "--format=%i %k"], capture_output=True, text=True, check=True)
    (job,) = [line.split()[0] for line in listed.stdout.splitlines() if line.endswith(f"_{BACKBONE}_{chain}")]
    return job


@pytest.fixture(scope="package")
def user_folder(tmp_path_factory) -> Path:
    """A user's configuration folder with the linked profile."""
    folder = tmp_path_factory.mktemp("user")
    subprocess.run(["make", "--directory", ROOT, "slurm-profile"], env=user(folder), check=True)
    return folder


def user(folder: Path) -> dict[str, str]:
    return {**tiny_project.environment(), "XDG_CONFIG_HOME": str(folder)}


@pytest.fixture(scope="package")
def ran(slurm, finished, tiny_backbone, user_folder, tmp_path_factory, request) -> Run:
    """One run of the chain; where every test runs, a step of it is cancelled, and three more steps are out of time,
    queued again, and on two nodes."""
    project = make_project(finished, tmp_path_factory.mktemp("slurm") / "project", tiny_backbone)
    targets, commands = [SCORES, RECALLED], {}
    if any(item.get_closest_marker("full") for item in request.session.items):
        targets += [f"{MODELS}/{chain}/manifest.json" for chain in (LATE, NARROW, WIDE)]
        requeue = ["scontrol", "requeue"]
        commands = {LATE: [], NARROW: requeue, WIDE: requeue, TAUGHT: ["scancel"]}
    command = [*tiny_project.command("--profile", "slurm", *targets, cores=None)]
    command += ["--slurm-init-seconds-before-status-checks", "6", "--configfile", "jobs.yaml"]
    (project / "jobs.yaml").write_text('setup: echo "${SLURM_JOB_ID:-here}" >> prepared')
    # Without a warning before the end: a job of two minutes would be told to stop after one.
    command += ["--set-resources", "sft:slurm_extra='--open-mode=append'"]
    log = project / "log"
    with open(log, "w") as out:
        run = subprocess.Popen(command, cwd=project, env=user(user_folder), stdout=out, stderr=subprocess.STDOUT)
    try:
        disturb(project / MODELS, run, commands)
        run.wait(timeout=RUN_SECONDS)
    finally:
        run.send_signal(signal.SIGINT)  # Snakemake then cancels its jobs
        run.wait(timeout=60)
    assert run.returncode == 0, log.read_text()
    return Run(project, log.read_text())


def test_the_chain_runs_to_its_scores(ran):
    assert (ran.project / SCORES).is_file()
    for chain in (PRETRAINED, ALIGNED):
        (job,) = ran.trainings(chain)
        assert job["JobState"] == "COMPLETED" and job["Requeue"] == "1"
        assert job["StdOut"].startswith(str(ran.project / "results/logs/slurm/rule_"))


def test_one_job_answers_all_that_a_model_is_asked_one_after_another_on_one_gpu(ran):
    (job,) = ran.jobs("rule_answers_")
    assert job["JobState"] == "COMPLETED" and job["TresPerJob"] == "gres:gpu:1"
    assert (job["TimeLimit"], job["MinMemoryNode"], job["NumCPUs"]) == ("01:00:00", "4000M", "2")
    assert (ran.project / RECALLED).is_file()
    printed = Path(job["StdOut"]).read_text()
    done = [printed.index(f"Finished jobid: 0 (Rule: {rule})") for rule in ("generate", "ask_facts")]
    begun = [printed.index(f"localrule {rule}:") for rule in ("generate", "ask_facts")]
    assert done[0] < begun[1] or done[1] < begun[0]


@pytest.mark.full
def test_a_cancelled_step_goes_on_where_it_was(ran):
    cancelled, completed = ran.trainings(TAUGHT)
    assert cancelled["JobState"] == "CANCELLED" and completed["JobState"] == "COMPLETED"
    assert went_on(ran, TAUGHT)


@pytest.mark.full
def test_a_step_out_of_time_saves_and_is_given_more(ran):
    # A third where a machine is so busy that the first does not come to a step.
    late, *_, again = jobs = ran.trainings(LATE)
    assert [job["JobState"] for job in jobs] == ["TIMEOUT"] * (len(jobs) - 1) + ["COMPLETED"]
    assert [job["TimeLimit"] for job in jobs] == ["00:02:00", "00:04:00", "00:08:00"][: len(jobs)]
    assert late["MinMemoryNode"] == "4000M" and again["MinMemoryNode"] in ("8000M", "16000M")
    assert went_on(ran, LATE)


@pytest.mark.full
@pytest.mark.parametrize("chain", [NARROW, WIDE])
def test_a_step_that_slurm_queues_again_goes_on_as_the_same_job(ran, chain):
    (job,) = ran.trainings(chain)
    assert (job["JobState"], job["Restarts"]) == ("COMPLETED", "1")
    assert went_on(ran, chain)


def went_on(ran: Run, chain: str) -> bool:
    """The step was told to stop, saved, went on from there in the next job or life, and repeated no step."""
    printed = "".join(Path(job["StdOut"]).read_text() for job in ran.trainings(chain))
    # SLURM's SIGTERM; on several nodes perhaps what the launcher passes on for it.
    told = f"{signal.SIGTERM.value}|{signal.SIGUSR1.value}" if chain == WIDE else signal.SIGTERM.value
    stopped = re.findall(rf"stopped by signal (?:{told}) after step (\d+); saved", printed)
    resumed = re.findall(r"resuming from checkpoint-(\d+)", printed)
    assert len(stopped) == 1 and stopped == resumed, printed
    history = (ran.project / MODELS / chain / "history.jsonl").read_text().splitlines()
    steps = [row["step"] for row in map(json.loads, history) if "loss" in row]
    assert steps == list(range(1, STEPS + 1))
    return True


@pytest.mark.full
def test_a_step_on_eight_gpus_asks_slurm_for_them(ran):
    (job,) = ran.trainings(ALIGNED)
    assert job["TresPerJob"] == "gres:gpu:h200:8"
    assert job["NumNodes"] == "1" and job["NumTasks"] == "1"


@pytest.mark.full
def test_two_nodes_train_the_model_of_one(ran):
    (job,) = ran.trainings(WIDE)
    assert job["NumNodes"] == "2" and job["NumTasks"] == "2"
    run = json.loads((ran.project / MODELS / WIDE / "run.json").read_text())
    assert run["processes"] == 2 and run["nodes"] == 2
    assert "one launcher on each of 2 nodes" in (ran.project / f"results/logs/sft/{BACKBONE}.{WIDE}.log").read_text()
    one, two = (load_file(ran.project / MODELS / chain / "model/model.safetensors") for chain in (NARROW, WIDE))
    assert one.keys() == two.keys()
    # The same mean over a batch, added up in another order; weights are saved in bf16, where one rounding is 2^-8.
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=2**-7, atol=1e-4)


@pytest.mark.full
def test_a_job_prepares_its_shell_on_its_node(ran):
    prepared = (ran.project / "prepared").read_text().split()
    assert {ran.trainings(PRETRAINED)[0]["JobId"], ran.trainings(ALIGNED)[0]["JobId"]} <= set(prepared)


@pytest.mark.full
@pytest.mark.parametrize("profile", [ROOT / "profiles/slurm", "slurm"])
def test_both_names_of_the_profile_are_found(slurm, user_folder, finished, profile):
    done = subprocess.run(
        tiny_project.command("-n", "--profile", str(profile), "--forcerun", "sft", cores=None),
        cwd=finished,
        env=user(user_folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "slurm_extra=--signal=TERM@120" in done.stdout
