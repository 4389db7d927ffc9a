"""Files of one's own beside those that ship: read together, and never silently in place of each other."""

import re
from pathlib import Path
from typing import Any

import pytest
import tiny_project
import yaml
from refusals import refused

from reasonome.config.project import references
from reasonome.config.project.job_resources import requested
from reasonome.facts.fetching.pins import pin
from reasonome.prompts.prompts import Prompt
from reasonome.task_parts import TeachingJob
from reasonome.tasks import load_project

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "sources.yaml": "my-sets: {format: gmt, release: mine, licence: mine, files: {gmt: {path: my_sets.gmt}}}\n",
    "corpora/mine.yaml": "mine: {sources: [hgnc-demo, my-sets]}\n",
    "benchmarks/molecules.yaml": """my-molecules:
  task: molecule_property
  subsets:
    mine: {table: my_table.csv, question: How soluble?, unit: log mol/L, tolerance: 0.5, test: 4, valid: 2}
""",
    "recipes/sft.yaml": """defaults: {epochs: 2}
variants:
  mine: {max_examples: 12}
  drugs: {benchmark: my-molecules, style: smiles, teacher: none, adapter: {rank: 8, alpha: 16}}
""",
    "prompts/gene_set_naming.mine.txt": "---\nlike: names\nseed: 5\n---\n",
    "experiments/mine.yaml": """backbones: [smollm2-135m]
arms: {base: [], A: [sft.drugs]}
seeds: [0]
benchmarks: [my-molecules]
styles: [smiles]
decodings: [greedy]
""",
    "config.yaml": "experiments: [mine]\n",
    "resources.yaml": "- {recipes: [sft.mine], minutes: 7}\n",
}
# A block of a page that begins with the name of the file that it is of, up to another file or a command.
EXAMPLE = re.compile(
    r"^    # config/((?:\w+/)?[\w.-]+\.yaml)(?:, below `variants:`)?\n"
    r"((?:    (?!# config/|snakemake ).*\n|\n(?=    ))+)",
    re.MULTILINE,
)
PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if EXAMPLE.search(page.read_text(encoding="utf-8"))]
MOLECULES = "id,smiles,answer\n" + "".join(f"m{n},{'C' * n}O,{-n / 2}\n" for n in range(1, 21))


def write_own(folder: Path, project: Path) -> Path:
    """An entry of one's own of every kind, in `folder`, and the files that they name in the project's folder."""
    (project / "my_sets.gmt").touch()
    (project / "my_table.csv").write_text(MOLECULES)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def own(config) -> Path:
    return write_own(config / "own", config.parent)


def test_entries_of_ones_own_are_read_beside_those_that_ship(own, project):
    project, shipped = load_project(own.parent), project
    assert [*project.sources] == [*shipped.sources, "my-sets"]
    assert project.corpora["mine"].sources == ["hgnc-demo", "my-sets"]
    assert [*project.benchmarks] == [*shipped.benchmarks, "my-molecules"]
    assert {*project.experiments} == {*shipped.experiments, "mine"}
    mine, names = project.recipes["sft"]["mine"], shipped.recipes["sft"]["names"]
    assert (mine.epochs, mine.max_examples, mine.learning_rate) == (2, 12, names.learning_rate)
    assert project.recipes["sft"]["names"] == names  # one's own defaults are those of one's own variants
    assert project.style("demo-go", "mine").seed == 5
    assert (project.settings.experiments, project.settings.seed) == (["mine"], 0)


def test_a_mixture_in_defaults_of_ones_own_replaces_the_benchmark_that_ships(own):
    variants = "variants:\n  mine: {}\n  alone: {benchmark: few-pathways}\n"
    recipes = "defaults: {mixture: {demo-go: 1, few-pathways: 3}}\n" + variants
    (own / "recipes/sft.yaml").write_text(recipes)
    for file in ("experiments/mine.yaml", "config.yaml"):  # which name a variant that is gone
        (own / file).unlink()
    found = load_project(own.parent).recipes["sft"]
    assert found["mine"].weights_of_benchmarks == {"few-pathways": 3, "demo-go": 1}
    assert found["alone"].weights_of_benchmarks == {"few-pathways": 1}


def test_a_prompt_of_a_teacher_of_ones_own_is_what_teachers_are_asked(own):
    (own / "prompts/teacher.gene_set_naming.txt").write_text("[system]\nBe brief.\n[user]\n{genes}: which {kind}?\n")
    project = load_project(own.parent)
    prompts = {"a": Prompt([], ["TP53"], 0, "TP53, ATM", kind="pathway")}
    given = project.task("demo-go").files.teaching(project, "demo-go", "demo-names", "gpt-4o").settings
    about = {"name": "demo-go", "benchmark": None, "style": None, "teacher": None, "output": None, "examples": []}
    asked = project.task("demo-go").teaching.asked(TeachingJob(**about, prompts=prompts, further=given))
    assert [message["content"] for message in asked["a"]] == ["Be brief.", "TP53, ATM: which pathway?"]


def test_a_recipe_that_no_entry_names_asks_for_what_its_kind_asks_for(own):
    project = load_project(own.parent)
    small = requested(project, "sft", "smollm2-135m", "sft.mine-s0")  # rows of demo-go; its own entry
    assert (small.memory_gb, small.minutes, small.gpus) == (16, 7, 1)
    assert requested(project, "sft", "smollm2-135m", "sft.drugs-s0").minutes == 120
    adapter = requested(project, "sft", "llama-3.1-8b", "sft.drugs-s0")
    assert (adapter.gpus, adapter.memory_gb, adapter.sharding) == (1, 128, "none")
    assert not [entry for entry in yaml.safe_load((ROOT / "config/resources.yaml").read_text()) if "recipes" in entry]


@pytest.mark.parametrize(
    "name, text, line, field",
    [
        ("sources.yaml", "\n" + FILES["sources.yaml"].replace("my-sets", "hgnc-demo"), 2, "hgnc-demo"),
        ("recipes/sft.yaml", "variants:\n  mine: {}\n  names: {}\n", 3, "variants.names"),
        ("experiments/demo.yaml", FILES["experiments/mine.yaml"], None, None),
    ],
    ids=["entry", "variant", "experiment"],
)
def test_a_name_that_both_have_is_refused_with_both_places(own, name, text, line, field):
    (own / name).write_text(text)
    with refused(
        f"own/{name}", line=line, field=field or ("my-molecules" if line else None), fix="give one of them another name"
    ):
        load_project(own.parent)


@pytest.mark.parametrize(
    "name, old, new, line, field",
    [
        ("recipes/sft.yaml", "max_examples", "max_exampels", 3, "variants.mine.max_exampels"),
        ("recipes/sft.yaml", "my-molecules", "my-molecule", 4, "variants.drugs.benchmark"),
        ("config.yaml", "[mine]", "[mien]", 1, "experiments.0"),
        ("sources.yaml", "release: mine", "release: 2024", 1, "my-sets.release"),
        ("recipes/sft.yaml", "teacher: none, ", "", 4, "variants.drugs"),
    ],
    ids=[
        *("key", "value", "settings", "number", "default teacher"),
    ],
)
def test_a_mistake_in_a_file_of_ones_own_is_found_there(own, name, old, new, line, field):
    tiny_project.change(own / name, old, new)
    with refused(f"own/{name}", line=line, field=field):
        load_project(own.parent)


def test_a_pin_of_ones_own_source_is_written_beside_it(own, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_sets.gmt").write_text("SET_A\t\tTP53\tBRCA1\n")
    with (own.parent / "sources.lock.yaml").open("a") as lock:
        lock.write("# of a checkout that others share\n")
    before = (own.parent / "sources.lock.yaml").read_text()
    pin(load_project(own.parent), "my-sets")
    assert (own.parent / "sources.lock.yaml").read_text() == before
    written = (own / "sources.lock.yaml").read_text()
    assert written.startswith("# yaml-language-server: $schema=../../workflow/schemas/sources.lock.schema.json\n")
    assert yaml.safe_load(written)["my-sets"]["files"]["gmt"]["size"] == 18
    assert load_project(own.parent).locked["my-sets"].release == "mine"


def test_a_pin_follows_its_source_to_files_of_ones_own(own, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_sets.gmt").write_text("SET_A\t\tTP53\tBRCA1\n")
    shipped = own.parent / "sources.lock.yaml"
    before = yaml.safe_load(shipped.read_text())
    earlier = {"my-sets": {"release": "mine", "files": {"gmt": {"sha256": "0" * 64, "size": 1}}}}
    shipped.write_text(yaml.safe_dump(before | earlier))
    pin(load_project(own.parent), "my-sets")
    assert yaml.safe_load(shipped.read_text()) == before
    assert load_project(own.parent).locked["my-sets"].files["gmt"].size == 18


def test_a_folder_of_ones_own_files_alone_stands_beside_what_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = load_project(write_own(tmp_path / "mine", tmp_path))
    assert project.settings.experiments == ["mine"] and "demo" in project.experiments
    shipped = project.source_file("hgnc-demo", "table")  # from a folder that has no resources/
    assert shipped.is_file() and shipped == ROOT / "resources/demo/hgnc_complete_set.txt.gz"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("benchmark.yaml", "benchmarks.yaml"),
        ("experiment/a.yaml", "experiments"),
        ("recipes/sfft.yaml", "sft.yaml"),
    ],
)
def test_a_slip_in_the_name_of_a_file_is_told(own, name, meant):
    (own / name).parent.mkdir(exist_ok=True)
    (own / name).write_text("a: {}\n")
    path = own / name if Path(name).parts[0] == "recipes" else own / Path(name).parts[0]
    with refused(path, fix=f"did you mean '{meant}'?"):
        load_project(own.parent)


def test_the_names_of_files_are_those_that_ship():
    assert [*references.FILES] == sorted(path.stem for path in (tiny_project.ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_pages_show_of_files_is_read_as_ones_own(page, config, monkeypatch):
    """The files that the blocks name are the reader's own, and lie nowhere here."""
    monkeypatch.setattr(references, "existing", lambda root: str)
    files: dict[str, Any] = {}
    for name, block in EXAMPLE.findall(page.read_text(encoding="utf-8")):
        shown = yaml.safe_load(block)
        if name.startswith("recipes/"):
            shown = {"variants": files.get(name, {}).get("variants", {}) | shown.get("variants", shown)}
        files[name] = [*files.get(name, []), *shown] if isinstance(shown, list) else files.get(name, {}) | shown
    for name, shown in files.items():
        (config / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (config / "own" / name).write_text(yaml.safe_dump(shown, allow_unicode=True), encoding="utf-8")
    load_project(config)


@pytest.mark.slow
def test_what_is_ones_own_reaches_the_jobs(tmp_path):
    write_own(tmp_path / "mine", tmp_path)
    (tmp_path / "my_table.csv").write_text(MOLECULES)
    folder = ("--config", "folder=mine", "--")
    planned = tiny_project.planned_jobs(tmp_path, *folder)
    assert planned["build_benchmark"] == planned["sft"] == planned["render_report"] == 1
    assert planned["generate"] == planned["score"] == 2
    tiny_project.snakemake(tmp_path, *folder, "results/benchmarks/my-molecules/test.jsonl")
    assert len((tmp_path / "results/benchmarks/my-molecules/test.jsonl").read_text().splitlines()) >= 4
