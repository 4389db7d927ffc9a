"""What the nodes of SLURM's partitions have, and which requests of jobs none of them gives."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reasonome.cluster.plan import Job
from reasonome.config.project import Project, job_resources
from reasonome.config.project.job_resources import JobResources
from reasonome.core.errors import InputError, nearest

# What sinfo is asked for: partition, time limit, MB, CPUs and GPUs, of nodes that are exactly alike in these.
SINFO = ("sinfo", "-h", "-e", "-o", "%P %l %m %c %G")
_LAST_ATTEMPT = 3  # `retries` in profiles/slurm/config.yaml, and the first
_ASK_AS = {"ask_facts": "generate", "compare_samples": "write_preferences"}


@dataclass(frozen=True)
class Nodes:
    """Nodes of a partition that are alike: minutes that a job may last, MB, CPUs, and GPUs by model ("": not said)."""

    partition: str
    default: bool
    minutes: float
    memory_mb: int
    cpus: int
    gpus: dict[str, int]

    def gives(self, key: str, asked: JobResources) -> float:
        """How much of what a key of resources.yaml asks for one of them has."""
        if key == "gpus":
            return self.gpus.get(asked.gpu_model, 0) if asked.gpu_model else sum(self.gpus.values())
        return {"minutes": self.minutes, "memory_gb": self.memory_mb / 1000, "cpus": self.cpus}[key]


@dataclass(frozen=True)
class Shortfall:
    """A request that no node gives: its key in resources.yaml, what is asked for and the most that there is."""

    key: str
    asked: float
    most: float


def read(text: str) -> list[Nodes]:
    """The nodes that sinfo lists; lines of another form are left out."""
    found = []
    for words in map(str.split, text.splitlines()):
        if len(words) == 5 and words[2].rstrip("+").isdigit() and words[3].rstrip("+").isdigit():
            name, limit, memory, cpus, gres = words
            gpus: dict[str, int] = {}
            for model, count in re.findall(r"\bgpu:(?:([^:,()]+):)?(\d+)", gres):
                gpus[model] = gpus.get(model, 0) + int(count)
            numbers = int(memory.rstrip("+")), int(cpus.rstrip("+"))
            found.append(Nodes(name.rstrip("*"), name.endswith("*"), _minutes(limit), *numbers, gpus))
    return found


def of_partition(nodes: list[Nodes], asked: str | None) -> list[Nodes]:
    """The nodes that a job may run on, which names partitions or takes the default one; all where none is default."""
    if asked is None:
        return [one for one in nodes if one.default] or nodes
    return [one for one in nodes if one.partition in asked.split(",")]


def shortfall(asked: JobResources, attempt: int, nodes: list[Nodes]) -> Shortfall | None:
    """What is first lacking of all that an attempt asks of one node; None if one of the nodes, at least, has it all."""
    memory = asked.memory_mb(attempt) / 1000
    wanted = {"gpus": asked.gpus, "minutes": asked.runtime(attempt), "memory_gb": memory, "cpus": asked.cpus}
    for key, amount in wanted.items():
        most = max((one.gives(key, asked) for one in nodes), default=0)
        nodes = [one for one in nodes if one.gives(key, asked) >= amount]
        if not nodes:
            return Shortfall(key, amount, most)
    return None


def beyond(project: Project, jobs: Iterable[Job], nodes: list[Nodes]) -> Iterator[tuple[int, InputError]]:
    """Lines of resources.yaml that ask for more than a node of the partition gives, with the attempt: first or last."""
    seen = set()
    for job in jobs:
        rule, about = _ASK_AS.get(job.rule, job.rule), job.wildcards
        about = rule, about.get("backbone"), about.get("chain"), job_resources.data_of(project, about)
        asked = job_resources.requested(project, *about)
        among = of_partition(nodes, asked.partition)
        if asked.partition and not among:
            if asked.partition not in seen:
                seen.add(asked.partition)
                yield 1, _unknown(project, about, asked.partition, nodes)
            continue
        for attempt in (1, _LAST_ATTEMPT):
            short = shortfall(asked, attempt, among)
            if short is not None:
                mistake = _mistake(project, about, asked, attempt, short, nodes)
                if (mistake.field, short) not in seen:
                    seen.add((mistake.field, short))
                    yield attempt, mistake
                break


def _mistake(
    project: Project, about: tuple, asked: JobResources, attempt: int, short: Shortfall, nodes: list[Nodes]
) -> InputError:
    rule, backbone = about[:2]
    who = f"{rule} of {backbone}" if backbone else rule
    when = "" if attempt == 1 else " in its last retry"
    where = f"partition {asked.partition}" if asked.partition else "the default partition"
    of = f" of {asked.gpu_model}" if short.key == "gpus" and asked.gpu_model else ""
    has = f"fitting nodes of {where} have {short.most:g} at most" if short.most else f"{where} has none"
    what = f"{who} asks{when} for `{short.key}: {short.asked:g}`{of}, and {has}"
    key, fix = short.key, _fix(project, rule, asked, nodes)
    if attempt > 1:
        key, fix = "retry_factor", "set `retry_factor: 1`, or less memory or minutes"
    loc = job_resources.place(project, key, *about) or job_resources.place(project, short.key, *about)
    return project.folder.error(job_resources.FILE, loc, what, fix)


def _unknown(project: Project, about: tuple, partition: str, nodes: list[Nodes]) -> InputError:
    fix = nearest(partition, {one.partition for one in nodes})
    loc = job_resources.place(project, "partition", *about)
    return project.folder.error(job_resources.FILE, loc, f"unknown partition '{partition}'", fix)


def _fix(project: Project, rule: str, asked: JobResources, nodes: list[Nodes]) -> str:
    """The partitions that give it all, or the most that one gives of what is lacking everywhere."""
    short = shortfall(asked, 1, nodes)
    if short is None:
        fitting = sorted({one.partition for one in nodes if shortfall(asked, 1, [one]) is None})
        return f"set `partition: {','.join(fitting)}`, which gives it"
    if not short.most:
        return "set another `gpu_model`, or ask for none: `sinfo -o '%P %G'` lists them"
    partition = next(one.partition for one in nodes if one.gives(short.key, asked) == short.most)
    if short.key == "gpus" and asked.nodes == 1 and rule in project.stages:
        share = f"`nodes: {math.ceil(short.asked / short.most)}` and `gpus: {short.most:g}`"
    else:
        share = f"`{short.key}: {math.floor(short.most)}`"
    return f"set {share}, which partition {partition} gives"


def _minutes(limit: str) -> float:
    """SLURM's [days-]hours:minutes:seconds or minutes:seconds as minutes; infinite where there is no limit."""
    days, _, clock = limit.rpartition("-")
    parts = clock.split(":")
    if not all(part.isdigit() for part in (*parts, days or "0")):
        return math.inf
    hours, minutes, seconds = ["0"] * (3 - len(parts)) + parts
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes) + int(seconds) / 60
