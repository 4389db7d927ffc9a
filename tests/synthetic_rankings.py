"""A made-up experiment of rankings on disk, scored by the real code: three arms, two styles, sources of evidence."""

import random
from pathlib import Path

from synthetic_experiment import write_plan

from reasonome.answering.rows import AnswerRow
from reasonome.config.project.chains import lineage
from reasonome.facts.genes import Gene
from reasonome.tasks import TASKS
from reasonome.tasks.ranking.baselines import baseline_scores
from reasonome.tasks.ranking.metrics import known_names
from reasonome.tasks.ranking.questions import LocusExample, RankedGene
from reasonome.tasks.ranking.scoring import score_rankings
from reasonome.tasks.ranking.settings import RankingStyle

TASK = TASKS["causal_gene_ranking"]
ARMS = {"base": "base", "RL rank": "sft.ranking-s0+grpo.rank-s0", "RL binary": "sft.ranking-s0+grpo.binary-s0"}
SKILL = {"base": 0.15, "RL rank": 0.55, "RL binary": 0.45}  # chance that the right gene is drawn to the front
SOURCES = ("expert curated", "functional", "drug target")
GENES = [Gene(f"GENE{number}", f"made-up protein {number}") for number in range(400)]


def style(reasoning: str = "short") -> RankingStyle:
    """A style of prompts."""
    texts = {"system": "Rank genes.", "user": "Trait: {trait}\nGenes: {genes}"}
    return RankingStyle(gene="{symbol} ({name})", budget_tokens=4000, reasoning=reasoning, **texts)


def loci(count: int, start: int = 0) -> list[LocusExample]:
    """Questions with 6 to 10 candidates, the causal gene at a seeded place among them; two share each causal gene."""
    made = []
    for number in range(start, start + count):
        draw = random.Random(number)
        genes = [GENES[(number // 2 * 11 + place) % len(GENES)] for place in range(6 + number // 2 % 5)]
        candidates = [RankedGene(symbol=g.symbol, name=g.name, distance=draw.randrange(0, 400_000)) for g in genes]
        draw.shuffle(candidates)
        right = genes[number // 2 * 7 % len(genes)].symbol
        causal = next(gene for gene in candidates if gene.symbol == right)
        labels = {"id": f"locus{number:03d}", "subset": "loci", "trait": f"trait {number}", "group": right}
        source = SOURCES[number // 2 % len(SOURCES)]
        made.append(LocusExample(candidates=candidates, causal=[causal], source=source, **labels))
    return made


def answers(
    examples: list[LocusExample], skill: float, samples: int, seed: str, reasoning: bool = True, poison: str = ""
) -> list[AnswerRow]:
    """Rankings in which the right gene is first with about that chance; some are cut off, or invent a gene."""
    rows = []
    for example in examples:
        for sample in range(samples):
            draw = random.Random(f"{seed}:{example.id}:{sample}")
            genes = [gene.symbol for gene in example.candidates]
            draw.shuffle(genes)
            if draw.random() < skill:
                genes.sort(key=lambda symbol: symbol not in example.right)
            if draw.random() < 0.1:
                genes.insert(1, "MADEUP7")
            words = " ".join(["because"] * draw.randrange(5, 90)) + poison
            text = (f"<reasoning>{words}</reasoning>\n" if reasoning else "") + f"<genes>[{', '.join(genes)}]</genes>"
            truncated = draw.random() < 0.08
            asked = {"id": example.id, "subset": example.subset, "sample": sample, "prompt_tokens": 120}
            given = {"text": text[: len(words)] if truncated and reasoning else text}
            given["finish_reason"] = "length" if truncated else "stop"
            counted = {"completion_tokens": 30 + len(words.split()), "name_tokens": 12}
            sure = {"logprob": -20.0 - draw.random(), "name_logprob": -5.0 - draw.random()}
            rows.append(AnswerRow(**asked, **given, **counted, **sure))
    return rows


def write_ranking_experiment(
    folder: Path, *, count: int = 60, samples: int = 4, styles: tuple[str, ...] = ("short", "answer"), poison: str = ""
) -> Path:
    """Write everything a report of rankings needs below `folder`; returns the plan's path.

    `poison` is put into every reasoning, and with it an invented gene.
    """
    tests, training = loci(count), loci(count, start=400)
    known = known_names(GENES)
    evaluations, baselines = [], []
    for name in styles:
        asked = style("none" if name == "answer" else "short")
        table = baseline_scores(TASK, asked, training, tests, {gene.symbol: gene.name for gene in GENES}, 25)
        table.to_parquet(folder / f"baselines.{name}.parquet")
        baselines.append({"benchmark": "demo-loci", "style": name, "path": str(folder / f"baselines.{name}.parquet")})
        for arm, chain in ARMS.items():
            given = answers(tests, SKILL[arm], samples, f"{arm}:{name}", name != "answer", poison)
            scores = score_rankings(TASK, asked, tests, given, known, 25, seed=0)
            path = folder / f"{arm.replace(' ', '_')}.{name}.parquet"
            scores.to_parquet(path)
            labels = {"backbone": "smollm2-135m", "arm": arm, "chain": chain, "seed": 0, "benchmark": "demo-loci"}
            files = {"scores": str(path), "run": str(folder / "answers.run.json")}
            evaluations.append(labels | {"style": name, "decoding": "sampled"} | files)
    clean = {"data": "training questions", "training": "demo-loci", "used_by": "sft.ranking", "benchmark": "demo-loci"}
    clean |= {"kind": "causal_gene", "looked_at": 3600, "found": 0, "dropped": 0, "remaining": 0, "policy": "fail"}
    clean |= {"verdict": "clean", "highest_jaccard": None, "example": "", "file": "", "line": None}
    leaks = {"experiment": "loci", "findings": [clean], "same_source": []}
    leaks |= {"not_compared": {"demo-go": ["sft.both"]}}
    learnt = {"RL rank": "short", "RL binary": "answer"}
    return write_plan(
        folder,
        "demo-loci",
        [chain for arm in ARMS.values() for chain in lineage(arm) if chain != "base"],
        {"rows": {"train": count, "test": count}},
        leaks,
        experiment="loci",
        description="Three arms on made-up loci." + poison,
        task="causal_gene_ranking",
        arms=list(ARMS),
        evaluations=evaluations,
        baselines=baselines,
        trained_on={arm: [{"benchmark": "demo-loci", "style": style}] for arm, style in learnt.items()},
    )
