"""A made-up experiment on disk: five arms × three subsets, with baselines, training logs and an audit."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import STRATA

ARMS = ["base", "KW", "KW+RA", "RA+TA", "KW+RA+TA"]
CHAINS = [
    "base",
    "pretrain.demo-s0",
    "pretrain.demo-s0+sft.names-s0",
    "sft.names-s0+grpo.soft-s0",
    "pretrain.demo-s0+sft.names-s0+grpo.soft-s0",
]
BASELINES = [
    ("constant", "none", 0.08),
    ("random", "none", 0.03),
    ("commonest_phrase", "prompt", 0.154),
    ("over_representation", "prompt facts", 0.11),
    ("nearest_prompt", "training data", 0.162),
    ("nearest_set", "training data", 0.12),
]
SUBSETS = ("bp", "mf", "cc")


def write_experiment(
    folder: Path,
    *,
    per_subset: int = 30,
    arms: list[str] = ARMS,
    poison: str = "",
    shares: tuple[int, ...] = (),
    ontology: bool = False,
    words: int = 0,
) -> Path:
    """Write everything a report needs below `folder`; returns the plan's path.

    With `shares`, such as (50,), examples have strata, and each a contaminated variant of every share. `poison`
    is put into every answer, reasoning step, gene, name, raw text and into what the logs say. With `ontology`, answers
    are linked to terms, claims checked and rewards noted, and a baseline looks the true term up. With `words`, every
    reasoning has about so many.
    """
    random = np.random.default_rng(7)
    examples = [(s, f"GO:{1000 * k + i:07d}") for k, s in enumerate(SUBSETS) for i in range(per_subset)]
    strata = np.array([STRATA[i % 3] if shares else "" for i in range(len(examples))] * (1 + len(shares)))
    examples += [(f"{s}-{share}", f"{i}-{share}") for share in shares for s, i in examples[: len(SUBSETS) * per_subset]]
    words_of_names = ["transport", "repair", "binding"] * max(500, len(examples))
    names = [f"{word} of cargo {i % 40}{poison}" for i, word in enumerate(words_of_names[: max(1500, len(examples))])]

    def scored(level: float, spread: float = 0.15) -> dict:
        score = np.clip(random.normal(level, spread, len(examples)), 0, 1)
        similarity = np.clip(0.35 + 0.6 * score + random.normal(0, 0.05, len(examples)), 0, 1)
        words = {"rouge_l": score, "rouge_1": score, "rouge_2": score / 2, "exact": (score > 0.5).astype(float)}
        return words | {"similarity": similarity, "similarity_minilm": similarity}

    baselines = []
    looked_up = [("look_up", "a database with the own term", 0.8)] if ontology else []
    for baseline, information, level in BASELINES + looked_up:
        frame = pd.DataFrame(examples, columns=["subset", "id"]).assign(baseline=baseline, information=information)
        frame["answer"] = names[0] if baseline == "constant" else names[: len(examples)]
        frame = frame.assign(stratum=strata, **scored(level))
        baselines.append(_linked(frame, random, poison) if ontology else frame)
    pd.concat(baselines).to_parquet(folder / "baselines.parquet")

    evaluations = []
    for number, arm in enumerate(arms):
        level = [0.0, 0.06, 0.15, 0.2, 0.26][number % 5]
        frame = pd.DataFrame(examples, columns=["subset", "id"]).assign(sample=0, gold=names[: len(examples)])
        frame = frame.assign(**scored(level, 0.01 if level == 0 else 0.15))
        answered = random.random(len(frame)) < (0.1 if number == 0 else 0.95)
        answers = random.choice(names, len(frame))
        frame["answer"] = np.where(answered, answers, "")
        frame["reasoning"] = f"these genes share a pathway{poison}\nso the name follows"
        frame["text"] = [f"Process: {a}\nReasoning:\n<think>these genes share…</think>{poison}" for a in answers]
        frame["problems"] = np.where(answered, "", "no_process,empty_think")
        frame["genes"] = " ".join([f"APLF{poison}", "BRCA1", "XRCC1", "LIG3", "PARP1"])
        frame["genes_left_out"] = random.integers(0, 2, len(frame))
        frame["prompt_tokens"], frame["completion_tokens"] = 210, random.integers(20, 90, len(frame))
        frame["finish_reason"], frame["logprob"] = "stop", -12.5
        frame["format"] = answered.astype(float)
        frame["copied"] = (random.random(len(frame)) < 0.1).astype(float)
        frame["facts_left_out"] = random.integers(0, 5, len(frame))
        frame["neighbours_left_out"] = 0
        frame["stratum"] = strata
        frame["truncated"] = (random.random(len(frame)) < 0.03).astype(float)
        frame["length"] = frame["completion_tokens"].astype(float)
        frame["shuffled_rouge_l"] = frame["rouge_l"].to_numpy()[::-1] * 0.6
        frame["shuffled_similarity"] = frame["similarity"].to_numpy()[::-1] * 0.8
        if words:
            _write_at_length(frame, random, words)
        if ontology:
            frame = _checked(_linked(frame, random, poison), random, poison)
        frame.to_parquet(folder / f"scores{number}.parquet")
        labels = {"backbone": "smollm2-135m", "arm": arm, "chain": CHAINS[number % 5], "seed": 0}
        asked = {"benchmark": "demo-go", "style": "names", "decoding": "greedy"}
        files = {"scores": folder / f"scores{number}.parquet", "run": folder / "answers.run.json"}
        evaluations.append(labels | asked | {name: str(path) for name, path in files.items()})

    audit = {"rows": {"train": 480, "test": 90}, "dropped": {"same term": 3, f"Jaccard ≥ 0.5{poison}": 12}}
    return write_plan(
        folder,
        "demo-go",
        CHAINS[1:],
        audit,
        _leaks(poison),
        poison,
        experiment="demo",
        task="gene_set_naming",
        description="Five arms of a small backbone on made-up numbers." + poison,
        arms=arms,
        evaluations=evaluations,
        baselines=[{"benchmark": "demo-go", "style": "names", "path": str(folder / "baselines.parquet")}],
    )


def write_plan(folder: Path, benchmark: str, chains: list[str], audit: dict, leaks: dict, poison="", **plan) -> Path:
    """Write a plan, what the steps of these chains and the jobs that answered left behind, and what audits found."""
    answering = {"seconds": 20.5, "backward_tokens": 0, "generated_tokens": 4321, "peak_memory_gb": 1.4}
    (folder / "answers.run.json").write_text(json.dumps(answering))
    (folder / "audit.json").write_text(json.dumps(audit))
    (folder / "leaks.json").write_text(json.dumps(leaks))
    steps = []
    for chain in dict.fromkeys(chains):
        step = folder / chain
        step.mkdir()
        _write_step(step, is_grpo="grpo" in chain, poison=poison)
        steps.append({"backbone": "smollm2-135m", "chain": chain, "folder": str(step)})
    plan |= {"steps": steps, "audits": {benchmark: str(folder / "audit.json")}}
    (folder / "plan.json").write_text(json.dumps(plan))
    return folder / "plan.json"


def _linked(frame: pd.DataFrame, random: np.random.Generator, poison: str) -> pd.DataFrame:
    """With the term that each name was linked to; the better a score, the nearer the term."""
    score = frame["rouge_l"].to_numpy()
    named = (frame["answer"] != "").to_numpy()
    relation = np.select(
        [~named, score > 0.5, score > 0.3, score > 0.2, score > 0.1],
        ["none", "same", "ancestor", "sibling", "same branch"],
        "other branch",
    )
    return frame.assign(
        cluster=[f"c{row // 2}" for row in range(len(frame))],
        term=np.where(named, "GO:0000001", ""),
        term_name=np.where(named, "the linked term" + poison, ""),
        term_by=np.where(named, random.choice(["name", "synonym", "encoder"], len(frame)), ""),
        relation=relation,
        lin=np.where(named, np.minimum(1.0, score * 1.4), 0.0),
        resnik=np.where(named, 8 * score, 0.0),
        gene_overlap=score / 2,
        same_term=(relation == "same").astype(float),
        term_score=np.where(named, np.minimum(1.0, score * 1.4), 0.0),
        specificity=np.where(named, 0.6, 0.0),
        percentile_minilm=50 + 50 * score,
        percentile=50 + 50 * score,
    )


def _checked(frame: pd.DataFrame, random: np.random.Generator, poison: str) -> pd.DataFrame:
    """With checked claims, a confidence, and the rewards that the answers would have earned."""
    true = {"gene": "APLF", "term": "DNA repair" + poison, "negated": False, "verdict": "true"}
    false = {"gene": "LIG3", "term": "cell division", "negated": True, "verdict": "contradicted", "fact": "a fact"}
    claims = [true | {"fact": "APLF: DNA repair (IDA)"}, false]
    told = random.integers(0, 3, len(frame))
    score = frame["rouge_l"].to_numpy()
    return frame.assign(
        order=0,
        contaminated=0.0,
        format_published=frame["format"],
        gene_coverage=random.random(len(frame)).round(2),
        foreign_genes=(random.random(len(frame)) < 0.1).astype(int),
        claims=told,
        claims_supported=np.minimum(told, 1),
        claims_unknown=0,
        claims_contradicted=(told == 2).astype(int),
        supported_share=np.where(told > 0, 1 / np.maximum(told, 1), np.nan),
        checked_claims=[json.dumps(claims[:count]) for count in told],
        confidence=random.random(len(frame)),
        confidence_kind="logprob",
        name_logprob=-3.5,
        name_tokens=4,
        reward_similarity=frame["similarity"],
        reward_rouge_l=frame["rouge_l"],
        reward_format=frame["format"],
        shuffled_term_score=score[::-1] * 0.6,
    )


def _write_at_length(frame: pd.DataFrame, random: np.random.Generator, words: int) -> None:
    """Reasoning and raw text of about as many words, as varied as prose: some words often, most of them seldom."""
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    vocabulary = np.array(["".join(random.choice(letters, random.integers(2, 11))) for _ in range(4000)])
    weight = 1 / np.arange(1, len(vocabulary) + 1)
    drawn = random.choice(vocabulary, (len(frame), 4, words // 4), p=weight / weight.sum())
    steps = [[" ".join(step) + "." for step in row] for row in drawn]
    frame["reasoning"] = ["\n".join(row) for row in steps]
    frame["text"] = [
        f"Process: {answer}\nReasoning:\n" + "\n".join(f"<think>{step}</think>" for step in row)
        for answer, row in zip(frame["answer"], steps, strict=True)
    ]


def _leaks(poison: str) -> dict:
    """The leak audit: one kind dropped, one that remains and is reported, and a clean prompt."""
    common = {"policy": "drop", "verdict": "clean", "highest_jaccard": None, "example": "", "file": "", "line": None}
    sets = {"data": "training sets", "training": "demo-go", "used_by": "sft.names" + poison, "benchmark": "demo-go"}
    sets |= common | {"looked_at": 43200, "found": 12, "dropped": 12, "remaining": 0}
    closest = {"kind": "jaccard", "highest_jaccard": 0.49, "example": "GO:1 'x' ~ GO:2 'y'" + poison}
    related = {"kind": "related_term", "found": 3, "dropped": 0, "remaining": 3, "policy": "report"}
    related |= {"verdict": "reported", "example": "GO:7 'z' ~ GO:2 'y'" + poison, "file": "train.jsonl", "line": 17}
    prompts = {"data": "prompts", "training": "style names", "used_by": "", "benchmark": "demo-go"}
    prompts |= common | {"looked_at": 90, "found": 9, "dropped": 0, "remaining": 9, "policy": "report"}
    prompts |= {"kind": "name_in_gene_name", "verdict": "reported", "example": "'protein kinase'" + poison}
    same = {"data": "training sets", "training": "demo-go", "benchmark": "demo-go", "sources": ["msigdb" + poison]}
    return {
        "experiment": "demo",
        "findings": [sets | closest, sets | related, prompts],
        "same_source": [same],
        "not_compared": {},
    }


def _write_step(step: Path, *, is_grpo: bool, poison: str) -> None:
    """Write what training leaves in the folder of a step."""
    rows = []
    for number in range(1, 41):
        row = {"step": number, "loss": 3 / number**0.5, "learning_rate": 1e-4}
        if is_grpo:
            row |= {"reward": 1.5 + number / 60, "reward_std": 0.3, "frac_reward_zero_std": 0.3 - number / 200}
            row |= {"rewards/similarity/mean": 0.5 + number / 400, "rewards/rouge_l/mean": 0.04 + number / 900}
            row |= {"rewards/format/mean": 0.8 + number / 250, "completions/mean_length": 60 - number / 3}
        rows.append(row)
        if number % 10 == 0 and not is_grpo:
            rows.append({"step": number, "eval_loss": 3.2 / number**0.5})
    (step / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (step / "manifest.json").write_text(json.dumps({"recipe": "demo" + poison, "parent": "base"}))
    (step / "recipe.json").write_text(json.dumps({"learning_rate": 1e-4, "note": "x" + poison}))
    run = {"seconds": 312.4, "backward_tokens": 81234, "generated_tokens": 0, "peak_memory_gb": 2.1}
    (step / "run.json").write_text(json.dumps(run))
    if is_grpo:
        validation = {"n": 36, "before": 2.31, "after": 2.48, "difference": 0.17, "low": 0.02, "high": 0.31}
        components = {"similarity": [0.5, 0.55], "rouge_l": [0.04, 0.07], "format": [0.9, 0.95]}
        validation |= {"components": components, "ids": ["GO:1" + poison]}
        validation |= {"rewards_before": [2.31], "rewards_after": [2.48]}
        validation |= {"semantic_first_quarter": 0.402, "semantic_last_quarter": 0.498}
        copied = {"similarity": 0.53, "rouge_l": 0.05, "format": 1.0, "reward": 1.8, "name": "copied gene name"}
        constants = {"similarity": 0.51, "rouge_l": 0.09, "format": 1.0, "reward": 1.7, "copies": [copied]}
        validation |= {"constants": constants}
        (step / "validation.json").write_text(json.dumps(validation))
        earned = {"rewards": {"rouge_l": 0.25, "facts": None}, "advantage": -0.5}
        rollout = {"step": 1, "prompt": "Genes: A" + poison, "completions": [{"text": "a name" + poison} | earned]}
        (step / "rollouts.jsonl").write_text(json.dumps(rollout) + "\n")
        constant = {"similarity": 0.52, "rouge_l": 0.08, "format": 1.0, "reward": 1.6, "name": "cell division" + poison}
        (step / "constant.json").write_text(json.dumps(constant | {"copies": [copied | {"reward": 1.75}]}))
