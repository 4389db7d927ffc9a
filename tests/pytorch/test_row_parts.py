"""Parts of a training split: steps of a chain that do not overlap in what they learn from."""

import re

import pytest
import tiny_training
from refusals import refused
from test_stated_confidence import with_recipe

from reasonome.benchmarks.rows import drawn, span
from reasonome.config import PART, Rows
from reasonome.stages import STAGES
from reasonome.tasks import TASKS, load_project

NAMING = TASKS["gene_set_naming"]


@pytest.mark.parametrize(
    ("rows", "which", "places"),
    [
        ({}, "all", (0, None)),
        ({"take": 20}, "20", (0, 20)),
        ({"skip": 20, "take": 30}, "20-50", (20, 50)),
        ({"skip": 20}, "20-all", (20, None)),
    ],
)
def test_a_part_has_one_name_which_files_and_the_workflow_know(rows, which, places):
    assert Rows(**rows).which == which and span(which) == places
    assert re.fullmatch(PART, which)


def test_parts_of_one_order_are_disjoint():
    numbers = list(range(50))
    first, second, rest = (drawn(numbers, which) for which in ("20", "20-45", "45-all"))
    assert [len(part) for part in (first, second, rest)] == [20, 25, 5]
    assert first + second + rest == drawn(numbers, "all") != numbers
    assert sorted(first + second + rest) == numbers
    assert drawn(numbers, "40-60") == drawn(numbers, "40-all"), "as many as there are"
    with refused("train.jsonl", field="rows.skip", fix="leave fewer out: lower `skip` in the recipe"):
        drawn(numbers, "50-60", "train.jsonl")


def test_steps_of_any_seed_read_parts_that_do_not_overlap(tiny_models):
    def ids(variant, seed, **rows):
        job = tiny_training.sft_job(tiny_models, f"sft.{variant}-s{seed}", **({"rows": rows} if rows else {}))
        return [example.id for example in job.examples("demo-go", NAMING)]

    first, second = ids("first", 0, take=7), ids("second", 3, skip=7)
    assert set(first).isdisjoint(second) and set(first + second) == set(ids("whole", 0)) and len(first + second) == 12
    assert ids("first", 0, take=7) == first
    again = ids("first", 5, take=7)
    assert set(again) == set(first) and again != first, "a seed draws another order of the same questions"


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ({"skip": -1}, ".rows.skip"),
        ({"take": 0}, ".rows.take"),
        ({"taken": 4}, ".rows.taken"),
        ({"take": 3}, ".rows.take"),
    ],
)
def test_mistakes_in_rows_are_told_with_file_and_key(config, rows, key):
    with refused(config / "recipes/grpo.yaml", field=f"variants.tried{key}"):
        load_project(with_recipe(config, "grpo", rows=rows))


def test_older_recipes_stay_as_they_were_written(project):
    for stage, variant in (("sft", "names"), ("grpo", "soft")):
        written = project.recipes[stage][variant].model_dump(mode="json")
        assert not {"rows", "samples", "gold"} & written.keys()
        assert STAGES[stage].model_validate(written) == project.recipes[stage][variant]
