"""Print what an experiment showed: a bar for each arm, its parts, its hypotheses, and where the report is.

python scripts/show_results.py results/experiments/demo
"""

from textwrap import fill

from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.report import tables
from reasonome.report.glance import parts_of_scores
from reasonome.report.hypotheses import sentences
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task

WIDTH = 30  # characters of a bar of 1


def main() -> None:
    folder = arguments.experiment_parser(__doc__).parse_args().folder
    plan = read_plan(folder / "plan.json", find_task)
    metrics = tables.read_metrics(folder, plan.metric_set)
    comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    parts, names = parts_of_scores(plan, metrics)
    first, *others = names
    print(f"\n{plan.metric_set.name(parts['metric'].iloc[0])}, {names[first]}, with its 95 % interval")
    for row in tables.records(parts[parts["part"] == first]):
        value, low, high = (row[name] for name in ("value", "low", "high"))
        bar = "█" * round(WIDTH * max(value, 0)) if value == value else ""
        print(f"  {row['arm']:<26.26} {value:5.2f} [{low:.2f}, {high:.2f}] {bar}")
    if others:
        wide = parts.pivot(index="arm", columns="part", values="value").loc[list(dict.fromkeys(parts["arm"])), others]
        print(f"\n{wide.rename(columns=names).rename_axis(index=None, columns=None).round(2).to_string()}")
    print("", *(fill(sentence, 100) for sentence in sentences(plan, comparisons)), sep="\n")
    print(f"\nreport: {folder}/report.html (open it in a browser); tables beside it")


if __name__ == "__main__":
    run_program(main)
