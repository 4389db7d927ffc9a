"""A project small enough for tests: the shipped configuration with few steps, few examples, real weights."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from checkout import ROOT

BACKBONE = "smollm2-135m"
PRETRAINED = "pretrain.demo-s0"
TAUGHT = f"{PRETRAINED}+sft.names-s0"
ALIGNED = f"{TAUGHT}+grpo.soft-s0"
REPORT = "results/experiments/demo/report.html"
NAMING = ROOT / "tests/data/naming_experiment.yaml"
ENTRIES = ROOT / "tests/data/entries"  # of the tests alone, beside those that ship


MODEL = ("config.json", "model.safetensors")


def make(folder: Path, backbone_model: Path, encoder_model: Path) -> Path:
    """Copy config/ into `folder` and shrink it; weights come from local folders, so nothing is fetched."""
    copied_config(folder)
    (folder / "resources").symlink_to(ROOT / "resources")
    for file in (model / name for model in (backbone_model, encoder_model) for name in MODEL):
        if not file.exists():  # planning asks for no more of weights than that they are there
            file.touch()
    edit(folder, "backbones.yaml", lambda c: c[BACKBONE].update(weights=local(backbone_model)))
    edit(folder, "encoders.yaml", lambda c: c["minilm"].update(weights=local(encoder_model)))
    edit(folder, "benchmarks.yaml", _small_benchmark)
    edit(folder, "decodings.yaml", lambda c: c["greedy"].update(max_new_tokens=24, batch_size=4))
    edit(folder, "recipes/pretrain.yaml", lambda c: c["variants"]["demo"].update(max_tokens=1500, **_few(2)))
    edit(folder, "recipes/sft.yaml", lambda c: c["variants"]["names"].update(max_examples=16, **_few(2)))
    edit(folder, "recipes/grpo.yaml", _small_grpo)
    edit(folder, "experiments/demo.yaml", lambda c: c.update(recall=0))  # facts are asked in test_preference_chain.py
    return folder


def copied_config(folder: Path) -> Path:
    """The shipped configuration in `folder` with ENTRIES, and an experiment of gene-set naming in place of the demo."""
    config = shutil.copytree(ROOT / "config", folder / "config", dirs_exist_ok=True)
    for entries in ENTRIES.rglob("*.yaml"):
        with (config / entries.relative_to(ENTRIES)).open("a", encoding="utf-8") as file:
            file.write(entries.read_text(encoding="utf-8"))
    shutil.copy(NAMING, config / "experiments/demo.yaml")
    return config


def local(model: Path) -> dict:
    """The `weights` of a config entry whose model lies in a folder."""
    return {"source": "path", "path": str(model), "licence": "Apache-2.0"}


def _few(save_steps: int) -> dict:
    return {"batch_size": 2, "micro_batch_size": 2, "save_steps": save_steps}


def _small_benchmark(config: dict) -> None:
    config["demo-go"].pop("background")  # its own corpus: a tenth of the names to embed
    for subset in config["demo-go"]["subsets"].values():
        subset.update(test=4, valid=2, train=20)


def _small_grpo(config: dict) -> None:
    config["variants"]["soft"].update(
        prompts=4, epochs=1, generations=2, max_completion_length=16, validation=2, **(_few(1) | {"batch_size": 4})
    )


def copied(project: Path, folder: Path) -> Path:
    """A copy to change or break: times are kept, so that nothing looks out of date, and large files are hard links."""
    shutil.copytree(project, folder, symlinks=True, copy_function=_link_large)
    return folder


def _link_large(source: str, target: str) -> None:
    if Path(source).stat().st_size > 1_000_000:
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)


def edit(folder: Path, file: str, change) -> None:
    """Load a YAML file of the project, let `change` alter it, and write it back."""
    path = folder / "config" / file
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")


def change(path: Path, old: str, new: str, after: str = "") -> int:
    """Replace the first `old` after the text `after`, both of which must be there; the line that changed."""
    text = path.read_text(encoding="utf-8")
    position = text.index(old, text.index(after))
    path.write_text(text[:position] + new + text[position + len(old) :], encoding="utf-8")
    return text[:position].count("\n") + 1


def command(*arguments: str, root: Path = ROOT, cores: int | None = 2) -> list[str]:
    """The command line that runs the Snakefile of this checkout, or of a copy of it; `cores` is None on a cluster."""
    limit = [] if cores is None else ["--cores", str(cores)]
    return [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), *limit, *arguments]


def environment() -> dict[str, str]:
    """No network for hubs, whatever a job does; threads that wait do not spin, which starves those of other jobs."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "passive"}


def snakemake(folder: Path, *arguments: str, check: bool = True, root: Path = ROOT) -> subprocess.CompletedProcess:
    """Run Snakemake in `folder`; its whole output is shown where it fails unexpectedly."""
    done = subprocess.run(
        command(*arguments, root=root),
        cwd=folder,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if check and done.returncode:
        raise AssertionError(done.stdout)
    return done


def planned_jobs(folder: Path, *arguments: str, root: Path = ROOT) -> dict[str, int]:
    """Rule → number of jobs that a dry-run lists; empty where there is nothing to do."""
    done = snakemake(folder, "--dry-run", *arguments, root=root)
    if "Nothing to be done" in done.stdout:
        return {}
    table = done.stdout.split("Job stats:", 1)[1].split("\n\n", 1)[0]
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE))
    return {rule: int(count) for rule, count in jobs.items() if rule not in ("total", "all")}
