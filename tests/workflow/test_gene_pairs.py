"""The worked example of docs/your-own.md: questions on pairs of genes, from a table to the report, without code."""

import json

import own_task
import pandas as pd
import pytest
import tiny_project
import yaml

ANSWERS = {0: ("right", "0.9"), 1: ("wrong", "0.9"), 2: ("yes", "0.6"), 3: ("no", "0.9")}


def documented() -> dict:
    """The entry of benchmarks.yaml on the page, with a corpus that ships."""
    text = (tiny_project.ROOT / "docs/your-own.md").read_text(encoding="utf-8")
    [block] = [part for part in text.split("\n\n") if part.startswith("    perturbations:\n")]
    entry = yaml.safe_load(block)
    assert entry["perturbations"]["corpus"] == "go-2022"
    entry["perturbations"]["corpus"] = "demo"
    return entry


def write_tables(folder) -> None:
    """Twelve perturbed genes and four measured ones. The first three change with every other perturbed gene; the fourth
    never does. Answers are right for the first gene, wrong for the second, and the same for the third and fourth."""
    stems = {row["stem"]: row["gene"] for row in own_task.genes(60)}
    genes = [*stems.values()][:16]
    labels = {(i, j): "yes" if j < 3 and i % 2 == 0 else "no" for i in range(12) for j in range(4)}
    rows = [{"perturbed": genes[i], "measured": genes[12 + j], "label": label} for (i, j), label in labels.items()]
    rows.append({"perturbed": "NOGENE", "measured": genes[12], "label": "no"})
    other = {"yes": "no", "no": "yes"}
    said = [
        {"right": label, "wrong": other[label]}.get(ANSWERS[j][0], ANSWERS[j][0]) for (_, j), label in labels.items()
    ]
    answers = [
        {"id": f"changed:{genes[i]}:{genes[12 + j]}", "answer": answer, "confidence": ANSWERS[j][1]}
        for (i, j), answer in zip(labels, said, strict=True)
    ]
    (folder / "mine").mkdir()
    own_task.write(folder / "mine/pairs.tsv", rows, ("perturbed", "measured", "label"))
    own_task.write(folder / "mine/answers.tsv", answers, ("id", "answer", "confidence"))


@pytest.mark.slow
def test_pairs_of_genes_from_a_table_to_auroc_over_genes(config):
    folder = config.parent
    (folder / "resources").symlink_to(tiny_project.ROOT / "resources")
    write_tables(folder)
    tiny_project.edit(folder, "benchmarks.yaml", lambda c: c.update(documented()))
    recorded = {"recorded": {"files": {"perturbations": "mine/answers.tsv"}}}
    tiny_project.edit(folder, "backbones.yaml", lambda c: c.update(other=recorded))
    text = "backbones: [other]\narms: {base: []}\nbenchmarks: [perturbations]\nstyles: [names]\ndecodings: [greedy]\n"
    (folder / "config/experiments/pairs.yaml").write_text(text)
    tiny_project.snakemake(folder, "results/experiments/pairs/report.html")
    built = folder / "results/benchmarks/perturbations"
    splits = {
        part: [json.loads(line) for line in (built / f"{part}.jsonl").open()] for part in ("train", "valid", "test")
    }
    perturbed = [{row["columns"]["perturbed"] for row in rows} for rows in splits.values()]
    assert sum(map(len, perturbed)) == len(set.union(*perturbed)) == 12
    assert len(splits["test"]) >= 24
    left_out = pd.read_csv(built / "left_out.tsv", sep="\t")
    assert left_out[["id", "lines"]].to_numpy().tolist() == [[f"NOGENE {splits['test'][0]['columns']['measured']}", 50]]
    metrics = pd.read_csv(folder / "results/experiments/pairs/metrics.tsv", sep="\t", keep_default_na=False)
    mine = metrics.query("arm == 'base' and subset == 'changed' and seed == 'mean' and kind == 'model'")
    value = mine.set_index("metric")["value"].astype(float)
    # 1 of the first gene, 0 of the second, .5 of the third, which gets one answer; the fourth has one class.
    assert value[["macro_auroc", "macro_genes", "macro_left_out"]].tolist() == [0.5, 3, 1]
    assert {"constant", "random", "same_gene", "facts_regression"} <= set(metrics["arm"])
    page = (folder / "results/experiments/pairs/report.html").read_text(encoding="utf-8")
    assert "AUROC of stated confidence, mean over genes" in page and "genes of one class, not in that mean" in page
    tiny_project.edit(folder, "backbones.yaml", lambda c: c["other"]["recorded"].update(note="fitted to these genes"))
    answers = "results/answers/other/base/perturbations.names/greedy.jsonl"
    assert tiny_project.planned_jobs(folder, answers) == {"read_recorded": 1}, "whose note the page has"
