"""The configuration of a rehearsal: what it keeps of an experiment, and what it makes small. Nothing runs here."""

from pathlib import Path

import pytest
import yaml
from checkout import ROOT
from refusals import refused

from reasonome.cluster.rehearsal import answers, configuration
from reasonome.cluster.rehearsal.configuration import Small, small_recipe
from reasonome.tasks import load_project

# Keys whose numbers are smaller; every other one is as it was.
COUNTS = {
    *("batch_size", "micro_batch_size", "max_steps", "save_steps", "log_steps", "generations", "prompts", "recall"),
    *("max_examples", "max_pairs", "max_tokens", "max_completion_length", "overlong_cache", "validation"),
    *("validate_every", "rows", "statements", "drill"),
}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The shipped configuration as it is read from another folder, where its paths are whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        return load_project(ROOT / "config")


@pytest.fixture
def rehearsed(tmp_path, shipped, monkeypatch):
    """`rehearsed(experiment)`: its rehearsal, and the project that it makes."""
    monkeypatch.chdir(tmp_path)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()

    def rehearsed(experiment):
        of = configuration.needed(shipped, experiment)
        models = dict.fromkeys(of["backbones"], tmp_path)
        small = Small(models, tmp_path, shipped.experiments[experiment].backbones, ["all models: small"])
        made = configuration.write(shipped, experiment, small, "http://127.0.0.1:9/v1")
        return made, load_project(made.folder)

    return rehearsed


def test_every_recipe_keeps_its_flags(shipped):
    for step, recipe in ((f"{stage}.{name}", one) for stage, of in shipped.recipes.items() for name, one in of.items()):
        few = small_recipe(recipe)
        rewards = few.get("rewards", {})
        assert rewards.pop("noise", None) == ({"function": "noise.py:noise"} if recipe.generates else None), step
        small = type(recipe).model_validate({"stage": recipe.stage, **few})
        before, after = (one.model_dump(exclude=COUNTS | {"rollouts"}) for one in (recipe, small))
        assert before == after, step
        assert (small.max_steps, small.batch_size) == (2 * recipe.passes, 4)


def test_few_cases_have_genes_enough_for_few_decoys(rehearsed):
    _, small = rehearsed("closed-book-ranking")
    benchmark = small.benchmarks["closed-ranking"]
    assert benchmark.decoys == 2 and benchmark.subsets["cases"].valid == 8


def test_a_rehearsal_is_the_experiment_with_small_models_and_few_questions(rehearsed, shipped):
    made, small = rehearsed("rare-disease")
    before, after = shipped.experiments["rare-disease"], small.experiments["rare-disease"]
    assert after.arms == before.arms and after.styles == before.styles and after.decodings == before.decodings
    assert small.results.root == Path("results/rehearsal/rare-disease")
    assert small.benchmarks["rare-cases"].decoys is None  # every gene stays a candidate
    [subset] = small.benchmarks["rare-cases"].subsets.values()
    assert (subset.test, subset.valid) == (8, 8)
    cases = small.sources["phenopacket-store"].files["cases"].path
    assert cases == "results/rehearsal/rare-disease/resources/demo-ranking/cases.jsonl.gz" and Path(cases).is_file()
    assert small.locked["phenopacket-store"] == shipped.locked["cases-demo"]
    teacher = small.teachers["gpt-4o"]
    assert teacher.base_url == "http://127.0.0.1:9/v1" and not teacher.grounded
    assert made.taught == {("rare-cases", "short")}
    packed = small.recipes["sft"]["cases"]
    assert (packed.packing, packed.adapter, packed.max_length) == (
        "separate",
        shipped.recipes["sft"]["cases"].adapter,
        2048,
    )
    rewards = small.recipes["grpo"]["cases"].weights
    assert rewards == shipped.recipes["grpo"]["cases"].rewards | {"noise": 1.0}
    assert any("vLLM in grpo.cases" in one for one in made.replaced)


def test_what_a_corpus_lacks_a_slice_of_is_left_out_and_told(rehearsed):
    made, small = rehearsed("gene-r1")
    assert small.corpora["human"].sources == ["hgnc", "go", "reactome", "wikipathways"]
    assert small.corpora["human"].only.facts == 240
    assert "sources that are neither here nor in a slice: ncbi-gene, uniprot, ctd, panther, corum" in made.replaced
    assert "seeds 1, 2" in made.replaced and small.experiments["gene-r1"].seeds == [0]


def test_samples_become_a_table_of_pairs(rehearsed):
    made, small = rehearsed("biorlhf")
    preferences = small.preferences["verified-samples-full"]
    assert preferences.kind == "table" and made.pairs == {Path(preferences.path): ("spaceflight-full", "plain")}


@pytest.mark.parametrize("experiment", sorted(path.stem for path in (ROOT / "config/experiments").glob("*.yaml")))
def test_every_experiment_has_a_rehearsal(rehearsed, experiment):
    made, small = rehearsed(experiment)
    assert [*small.experiments] == [experiment]
    assert yaml.safe_load((made.folder / "resources.yaml").read_text()) == []


def test_a_mistake_of_name_is_told(shipped):
    with refused(fix="did you mean 'rare-disease'?"):
        configuration.folder_of(shipped, "rare-diseases")


def test_an_endpoint_answers_what_it_is_taught():
    asked = answers.Endpoint("of this test")
    prompt = answers.Prompt([{"role": "user", "content": "Genes: A, B"}], ["A", "B"], 0, "A, B")
    asked.teach([answers.Answered(None, prompt, "Process: x")])
    assert asked.answer("Genes: A, B") == "Process: x" == asked.answer("Which process have these? A, B")
    assert asked.answer("C") == answers.UNKNOWN
