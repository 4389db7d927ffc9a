"""A configuration of one entry of each kind, for tests of what is wrong with one; nothing of it is ever run."""

from pathlib import Path

_PROMPT = """\
---
gene: "{symbol}{name}"
separator: "; "
budget_tokens: 170
---
[system]
Which {kind} do these genes have in common?
[user]
Genes: {genes}
"""
FILES = {
    "config.yaml": """\
experiments: [demo]
results: results
prompt_share: 0.75
seed: 0
""",
    "backbones.yaml": """\
small:
  context: 4000
  weights: {source: hub, repository: me/small, revision: unpinned, licence: MIT}
""",
    "encoders.yaml": """\
first: &encoder
  weights: {source: hub, repository: me/encoder, revision: unpinned, licence: MIT}
  pooling: mean
second: *encoder
""",
    "sources.yaml": """\
genes:
  format: hgnc
  format_version: '1'
  release: 2024-06-17
  licence: CC0-1.0
  files: {table: {path: mine/genes.txt}}
terms:
  format: go
  format_version: '1'
  release: '1'
  licence: CC-BY-4.0
  files:
    obo: {url: https://example.org/go.obo}
    gaf: {url: https://example.org/go.gaf.gz}
""",
    "corpora.yaml": """\
demo:
  sources: [genes, terms]
  leave_out: [sets, others]
""",
    "benchmarks.yaml": """\
sets: &sets
  task: gene_set_naming
  corpus: demo
  subsets:
    bp: {namespace: biological_process, test: 30, valid: 10}
  minimum_genes: 3
  maximum_genes: 500
  encoders:
    - first
others: {<<: *sets, seed: 7, leave_out: [sets]}
""",
    "decodings.yaml": """\
greedy: {max_new_tokens: 96}
sampled: {samples: 8, temperature: 0.8, max_new_tokens: 96}
""",
    "teachers.yaml": """\
facts: {kind: knowledge, genes_per_step: 2, encoder: first}
gpt: {kind: openai, model: gpt, api_key_variable: OPENAI_API_KEY, max_tokens: 64, encoder: first}
""",
    "preferences.yaml": """\
tiers: {kind: tiers, teacher: facts, held_out: 40}
samples: {kind: samples, decoding: sampled, questions: 64, rewards: {rouge_l: 1.0}, margin: 0.2}
""",
    "annotations.yaml": "{}\n",
    "resources.yaml": "[]\n",
    "recipes/pretrain.yaml": """\
defaults:
  sequence_length: 256
  learning_rate: 2.0e-4
  micro_batch_size: 4

variants:
  demo: {corpus: demo, batch_size: 8, save_steps: 5}
  long:
    corpus: demo
    # a comment
    batch_size: 128
    save_steps: 100
""",
    "recipes/sft.yaml": """\
defaults:
  benchmark: sets
  teacher: facts
  style: names
  learning_rate: 2.5e-4
  batch_size: 4
  micro_batch_size: 4
  save_steps: 30
  max_length: 512
variants:
  names: {}
  others: {benchmark: others}
""",
    "recipes/reward.yaml": """\
defaults: {benchmark: sets, style: names, preferences: tiers, learning_rate: 5.0e-5, batch_size: 8}
variants:
  tiers: {micro_batch_size: 4, max_length: 512, save_steps: 20}
""",
    "recipes/dpo.yaml": """\
defaults: {benchmark: sets, style: names, preferences: samples, learning_rate: 5.0e-6, batch_size: 8}
variants:
  samples: {micro_batch_size: 4, max_length: 512, save_steps: 20}
""",
    "recipes/grpo.yaml": """\
defaults:
  benchmark: sets
  style: names
  rewards: {similarity: 2.0, rouge_l: 1.0, format: 1.0}
  encoders: [second]
  learning_rate: 1.0e-5
  batch_size: 16
  micro_batch_size: 8
  generations: 4
  max_completion_length: 96
  save_steps: 5
  validation: 30
variants:
  soft: {prompts: 8}
""",
    "recipes/onlinedpo.yaml": """\
defaults:
  benchmark: sets
  style: names
  encoders: []
  learning_rate: 1.0e-6
  batch_size: 16
  micro_batch_size: 4
  max_completion_length: 96
  save_steps: 5
  validation: 30
variants:
  judged:
    judge: [sft.names, reward.tiers]
""",
    "experiments/demo.yaml": """\
backbones: [small]
arms:
  base: []
  KW+RA: [pretrain.demo, sft.names]
  KW+RA+TA: [pretrain.demo, sft.names, grpo.soft]
seeds: [0]
benchmarks: [sets]
styles: [names]
decodings: [greedy]
""",
    "prompts/gene_set_naming.names.txt": _PROMPT.replace("{name}", " ({name})"),
    "prompts/gene_set_naming.symbols.txt": _PROMPT.replace("{name}", ""),
    "prompts/teacher.gene_set_naming.txt": "[system]\nYou know genes.\n[user]\nWhich {kind} is this? {genes}\n",
}


def write(folder: Path) -> Path:
    """The configuration in `folder`/config, and the one file of genes that it names beside it."""
    for name, text in FILES.items():
        (folder / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "config" / name).write_text(text)
    (folder / "mine").mkdir()
    (folder / "mine/genes.txt").touch()
    return folder / "config"
