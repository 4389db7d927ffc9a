"""What jobs ask for: which entries of config/resources.yaml count, and what SLURM's executor makes of them."""

import json
import re

import pytest
import yaml
from checkout import ROOT
from refusals import refused

from reasonome.config.project import Project, chains, experiments
from reasonome.config.project.job_resources import JobResources, check_training, data_of, names, requested
from reasonome.config.resources import CLUSTER_RULES
from reasonome.tasks import load_project


@pytest.fixture
def asking(config):
    """A project of the shipped configuration with these entries for resources."""

    def make(*entries: dict) -> Project:
        (config / "resources.yaml").write_text(yaml.safe_dump(list(entries)))
        return load_project(config)

    return make


def test_later_entries_override_earlier_ones_where_they_name_the_job(asking):
    project = asking(
        {"cpus": 2, "memory_gb": 10},
        {"rules": ["sft"], "cpus": 8, "gpus": 1},
        {"backbones": ["llama-3.1-8b"], "gpus": 8},
        {"recipes": ["sft.gpt4o"], "minutes": 90},
    )
    assert requested(project, "score") == JobResources(cpus=2, memory_gb=10)
    assert requested(project, "sft", "smollm2-135m", "sft.names-s0") == JobResources(cpus=8, memory_gb=10, gpus=1)
    large = requested(project, "sft", "llama-3.1-8b", "pretrain.human-s0+sft.gpt4o-s2")
    assert large == JobResources(cpus=8, memory_gb=10, gpus=8, minutes=90)
    generate = requested(project, "generate", "llama-3.1-8b", "sft.gpt4o-s0")
    assert (generate.gpus, generate.minutes) == (8, 60), "recipes are those of steps that are trained"


def test_data_are_what_a_job_learns_from_asks_about_or_builds(asking):
    project = asking({"data": ["closed-book", "demo-go"], "minutes": 5})
    for wildcards, minutes in (
        ({"benchmark": "closed-book", "style": "symbols"}, 5),
        ({"corpus": "closed-book"}, 5),
        ({"experiment": "closed-book"}, 5),
        ({"experiment": "gene-r1"}, 60),
        ({"source": "go"}, 60),
    ):
        assert requested(project, "score", data=data_of(project, wildcards)).minutes == minutes, wildcards
    assert requested(project, "sft", "smollm2-135m", "sft.names-s0", ["go"]).minutes == 5, "what its recipe learns from"


def test_gpus_for_all_rules_are_for_those_that_use_them(asking):
    project = asking({"backbones": ["llama-3.1-8b"], "gpus": 2}, {"rules": ["score_baselines"], "gpus": 1})
    assert requested(project, "generate", "llama-3.1-8b", "base").gpus == 2
    assert requested(project, "score", "llama-3.1-8b", "base").gpus == 0
    assert requested(project, "score_baselines").gpus == 1 and "gpu" not in names(project, "score")


def test_a_retry_asks_for_more_memory_and_time():
    request = JobResources(memory_gb=10, minutes=5, retry_factor=1.5)
    assert [request.memory_mb(n) for n in (1, 2, 3)] == [10_000, 15_000, 22_500]
    assert [request.runtime(n) for n in (1, 2, 3)] == [5, 8, 12]
    assert request.resources(2)["mem_mb"] == 15_000 and request.resources(2)["runtime"] == 8


def test_a_day_of_grpo_goes_on_in_a_second_and_third_one(project):
    lora = requested(project, "grpo", "llama-3.1-8b", "grpo.loci-s0")
    assert (lora.gpus, [lora.runtime(n) for n in (1, 2, 3)]) == (1, [1440] * 3), "no more than partitions often have"


def test_a_job_is_warned_before_its_time_limit_by_its_size(project, asking):
    def sbatch(chain, backbone):
        return requested(project, "grpo", backbone, chain).resources(1)["slurm_extra"]

    assert sbatch("grpo.soft-s0", "smollm2-135m") == "--signal=TERM@120 --open-mode=append"
    assert sbatch("grpo.gener1-s0", "llama-3.2-3b") == "--signal=TERM@600 --open-mode=append"
    assert sbatch("grpo.gener1-s0", "llama-3.1-8b") == "--signal=TERM@1800 --open-mode=append"
    assert sbatch("grpo.loci-s0", "llama-3.1-8b") == "--signal=TERM@600 --open-mode=append", "an adapter"
    assert "slurm_extra" not in names(project, "score"), "which saves nothing, and keeps what the profile says"
    # Never before half of the limit is over; a retry has more of it.
    short = requested(asking({"minutes": 4, "warning_seconds": 300, "retry_factor": 2}), "sft")
    assert [short.warned_seconds(n) for n in (1, 2, 3)] == [120, 240, 300]
    # Training is warned where the file says nothing of it.
    assert "slurm_extra" in names(asking({"cpus": 1}), "sft")
    assert JobResources().resources(1)["slurm_extra"] == "--signal=TERM@120 --open-mode=append"


def test_one_node_asks_for_gpus_and_leaves_its_only_task_to_the_executor():
    request = JobResources(cpus=64, gpus=8, gpu_model="h200", partition="gpu", account="lab").resources(1)
    given = {name: value for name, value in request.items() if value is not None}
    assert given == {
        **{"cpus": 64, "mem_mb": 8000, "runtime": 60, "slurm_partition": "gpu", "slurm_account": "lab"},
        "slurm_extra": "--signal=TERM@120 --open-mode=append",
        **{"gpu": 8, "gpu_model": "h200", "nodes": 1, "gpus_per_node": 8, "processes": 0, "sharding": "none"},
    }


def test_several_nodes_ask_for_gpus_of_each_and_start_their_tasks_themselves():
    request = JobResources(gpus=8, gpu_model="h200", nodes=2, processes=8, sharding="zero3").resources(1)
    assert request["gpu"] is request["gpu_model"] is None
    assert request["gres"] == "gpu:h200:8"
    assert (request["nodes"], request["mpi"], request["tasks"], request["tasks_per_gpu"]) == (2, "srun", 2, 0)
    assert (request["gpus_per_node"], request["processes"], request["sharding"]) == (8, 8, "zero3")
    assert JobResources(nodes=2, gpus=4).resources(1)["gres"] == "gpu:4"
    assert JobResources(nodes=2).resources(1)["gres"] is None


@pytest.mark.parametrize(
    ("entry", "key", "processes"),
    [({"gpus": 3}, "gpus", 3), ({"gpus": 4, "processes": 3}, "processes", 3), ({"gpus": 1, "nodes": 3}, "nodes", 3)],
)
def test_processes_that_cannot_share_a_batch_out_are_named(config, asking, entry, key, processes):
    # grpo.soft learns from 16 completions a step, 4 at once: 2 and 4 processes can share them, and 3 take 12 or 24.
    recipes = {"rules": ["grpo"], "recipes": ["grpo.soft"]}
    project = asking({"cpus": 1}, {**recipes, "gpus": 2}, {**recipes, **entry})
    with refused() as caught:
        check_training(project, "smollm2-135m", "sft.names-s0+grpo.soft-s1")
    error = caught.value
    assert (error.file, error.field) == (config / "resources.yaml", f"2.{key}")
    assert f"{key}: {entry[key]}" in (config / "resources.yaml").read_text().splitlines()[error.line - 1]
    what = f"batch_size 16 is no multiple of micro_batch_size 4 × {processes} processes"
    assert error.what == f"grpo.soft of smollm2-135m: {what}"
    assert "ask for 2 or 4 processes" in error.fix and "set batch_size to 12 or 24" in error.fix
    check_training(project, "smollm2-135m", "sft.names-s0")  # of which nothing was asked: one process


@pytest.mark.parametrize(
    ("entry", "field", "what"),
    [
        ({"gpus": 1, "sharding": "zero3"}, "0.sharding", "zero3 cannot share out weights in 4 bits"),
        ({"gpus": 0}, "0.gpus", "which needs a GPU, and none is asked for"),
        ({"gpus": 1, "sharding": "zero2"}, None, None),
    ],
)
def test_weights_in_four_bits_are_trained_on_a_gpu_and_not_shared_out(config, asking, entry, field, what):
    recipes = config / "recipes/sft.yaml"
    before, own = recipes.read_text().split("  biorlhf:", 1)
    own = own.replace("alpha: 128", "alpha: 128, quantize: 4bit", 1).replace("size: auto", "size: 1", 1)
    recipes.write_text(f"{before}  biorlhf:{own}")
    project = asking({"recipes": ["sft.biorlhf"], **entry})
    if what is None:
        check_training(project, "mistral-7b", "sft.biorlhf-s0")
        return
    with refused(config / "resources.yaml", field=field):
        check_training(project, "mistral-7b", "sft.biorlhf-s0")


def test_rows_under_zero3_are_found_for_recomputed_activations_alone(config, asking):
    recipes, asked = config / "recipes/sft.yaml", {"recipes": ["sft.biorlhf"], "gpus": 8, "sharding": "zero3"}
    check_training(asking(asked), "mistral-7b", "sft.biorlhf-s0")
    before, own = recipes.read_text().split("  biorlhf:", 1)
    recipes.write_text(f"{before}  biorlhf:{own.replace('gradient_checkpointing: auto', 'packing: none', 1)}")
    with refused(config / "resources.yaml", field="0.sharding"):
        check_training(asking(asked), "mistral-7b", "sft.biorlhf-s0")


@pytest.mark.parametrize(
    ("backbone", "step", "entry", "gigabytes"),
    [
        ("llama-3.1-70b", "sft.gpt4o", {"gpus": 1}, 1130),
        ("llama-3.1-70b", "sft.gpt4o", {"gpus": 8, "sharding": "zero3"}, 141),
        ("llama-3.1-70b", "sft.gpt4o", {"gpus": 8, "sharding": "zero3", "gpu_memory_gb": 192}, None),
        ("llama-3.1-70b", "sft.cases", {"gpus": 8}, 141),  # LoRA: each GPU has all weights in bf16
        ("llama-3.1-70b", "sft.cases", {"gpus": 8, "sharding": "zero3"}, None),
        ("llama-3.1-70b", "grpo.loci", {"gpus": 8, "sharding": "zero3"}, 141),  # which vLLM is sent whole
        ("llama-3.1-8b", "sft.gpt4o", {"gpus": 1}, 128),
        ("llama-3.1-8b", "sft.gpt4o", {"gpus": 1, "gpu_memory_gb": 141}, None),
        ("llama-3.1-8b", "sft.gpt4o", {"gpus": 4, "sharding": "zero2"}, None),  # 16 GB in bf16, and a quarter of 112
        ("llama-3.1-8b", "sft.gpt4o", {"gpus": 4, "sharding": "zero2", "gpu_memory_gb": 40}, 44),
        ("llama-3.1-8b", "sft.gpt4o", {"gpus": 0}, None),
        ("smollm2-135m", "sft.names", {"gpus": 1, "gpu_memory_gb": 2}, None),  # nobody says how many it has
    ],
)
def test_a_training_that_cannot_fit_is_refused_at_its_gpus(
    config, asking, tmp_path, monkeypatch, backbone, step, entry, gigabytes
):
    monkeypatch.chdir(tmp_path)  # where no weights are
    project = asking({"cpus": 1}, {"rules": ["sft", "grpo"], **entry})
    if gigabytes is None:
        check_training(project, backbone, f"{step}-s0")
        return
    with refused(config / "resources.yaml", field="1.gpus") as caught:
        check_training(project, backbone, f"{step}-s0")
    assert f"takes {gigabytes:,} GB of each GPU" in caught.value.what


def test_weights_that_are_here_are_counted(asking, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = asking({"gpus": 1, "gpu_memory_gb": 2})
    model = project.results.model("smollm2-135m", "base") / "model"
    model.mkdir(parents=True)
    for number in (1, 2):
        header = json.dumps({"__metadata__": {"format": "pt"}, "a": {"shape": [75_000, 1000]}, "b": {"shape": []}})
        (model / f"{number}.safetensors").write_bytes(len(header).to_bytes(8, "little") + header.encode())
    with refused("resources.yaml", field="0.gpus") as caught:
        check_training(project, "smollm2-135m", "sft.names-s0")
    assert "smollm2-135m, 0.15 billion weights, takes 2 GB" in caught.value.what


def test_what_ships_can_be_trained_as_it_is_asked_for(project):
    for experiment in project.experiments:
        for backbone, chain in experiments.trained_steps(project, experiment):
            check_training(project, backbone, chain)


def test_a_cluster_may_take_gpus_by_gres_alone(asking):
    project = asking({"cpus": 1}, {"rules": ["generate"], "gpus": 4, "gpu_model": "h100"}, {"gres": True})
    request = requested(project, "generate").resources(1)
    assert (request["gres"], request["gpu"], request["gpu_model"], request["mpi"]) == ("gpu:h100:4", None, None, None)
    assert request["gpus_per_node"] == 4
    assert "gres" in names(project, "generate") and "gres" in names(project, "sample")
    assert "gres" not in names(project, "score")
    assert requested(project, "score_baselines").resources(1)["gres"] is None
    assert JobResources(gres=True).resources(1)["gres"] is None


def test_only_training_spreads_over_several_nodes(asking):
    project = asking({"nodes": 4})
    assert requested(project, "grpo").nodes == 4
    assert requested(project, "generate").nodes == 1


def test_rules_have_the_resources_that_some_entry_may_give_them(asking):
    project = asking({"cpus": 1}, {"rules": ["generate"], "gpus": 1}, {"partition": "long", "nodes": 2})
    assert names(project, "score") == ["cpus", "mem_mb", "runtime", "slurm_partition"]
    # Nodes too: SLURM may take the GPUs of a job that does not say on how many nodes they are from several.
    on_one_node = ["cpus", "gpu", "gpus_per_node", "mem_mb", "nodes", "runtime", "slurm_partition"]
    assert names(project, "generate") == on_one_node
    training = [
        "cpus",
        "gpus_per_node",
        "gres",
        "mem_mb",
        "mpi",
        "nodes",
        "processes",
        "runtime",
        "sharding",
        "slurm_extra",
    ]
    assert names(project, "sft") == [*training, "slurm_partition", "tasks", "tasks_per_gpu"]


def test_every_rule_that_a_cluster_runs_can_be_named():
    """CLUSTER_RULES are those that neither are local nor train, but for those that ask as another does."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    rules = dict(re.findall(r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n((?:    .*\n)+)", text, re.MULTILINE))
    local = {rule for rule, body in rules.items() if "    localrule: True\n" in body}
    as_another = {"ask_facts", "compare_samples"}
    assert rules.keys() - local - as_another == set(CLUSTER_RULES) and as_another < rules.keys()
    requests = re.findall(
        r'^    threads: cpus\("(\w+)"\)\n    resources:\n        \*\*asks\("(\w+)"\),$', text, re.MULTILINE
    )
    assert sorted(requests) == sorted([(rule, rule) for rule in (*CLUSTER_RULES, "generate")]), "ask_facts, too"


def test_small_models_do_not_ask_for_many_gpus_and_large_ones_do(project):
    assert requested(project, "sft", "smollm2-135m", "sft.closedgenome-s0").gpus == 1
    for chain, gpus in (("pretrain.human-s0", 8), ("sft.gpt4o-s0", 8), ("grpo.gener1-s0", 4)):
        large = requested(project, chain.split(".")[0], "llama-3.1-8b", chain)
        assert (large.gpus, large.sharding) == (gpus, "zero3")
    assert requested(project, "score", "llama-3.1-8b", "grpo.gener1-s0").gpus == 0
    unnamed = requested(project, "grpo", "mine-3b", "grpo.soft-s0")
    assert (unnamed.gpus, unnamed.minutes, unnamed.memory_gb) == (1, 480, 64), "a model that no entry names"
    assert requested(project, "generate", "mine-3b", "grpo.soft-s0").minutes == 30, "a model's answers go as one job"


def test_shipped_engines_have_enough_to_draw_and_answers_as_much_room_as_in_training(project):
    """With few completions an engine waits for memory, whatever the GPU: 32 for each are the least."""
    drawn = []
    for name, experiment in project.experiments.items():
        room = min(project.decodings[decoding].max_new_tokens for decoding in experiment.decodings)
        for run in experiments.cells(project, name):
            step = chains.parse(run.chain)[-1] if run.chain != chains.BASE else None
            if step is None or step.stage != "grpo":
                continue
            recipe = step.recipe(project.recipes)
            asked = requested(project, "grpo", run.backbone, run.chain)
            if recipe.rollouts == "vllm-colocate":
                drawn.append(run)
                assert recipe.batch_size // asked.ranks >= 32, f"{run.backbone}, {run.chain}"
            assert room >= recipe.max_completion_length, name
    assert {run.backbone for run in drawn} > {"llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b"}
