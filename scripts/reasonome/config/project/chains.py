"""Chains: the path of steps that made a model, written as one name (pretrain.closedbook-s0+sft.closedbook-s0)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reasonome.config import Recipe
from reasonome.config.strict import VARIANT_PATTERN
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import read_manifest

BASE = "base"
Recipes = Mapping[str, Mapping[str, Recipe]]  # stage → variant → settings
SEED_PATTERN = r"(?:0|[1-9][0-9]*)"  # one spelling per seed: two would make two folders for one model
STEP_PATTERN = rf"[a-z]+\.{VARIANT_PATTERN}-s{SEED_PATTERN}"
CHAIN_PATTERN = rf"{BASE}|{STEP_PATTERN}(?:\+{STEP_PATTERN})*"


def stage_pattern(stage: str) -> str:
    """Regular expression of the chains whose last step is `stage`, for Snakemake's wildcards."""
    return rf"(?:{STEP_PATTERN}\+)*{stage}\.{VARIANT_PATTERN}-s{SEED_PATTERN}"


@dataclass(frozen=True)
class Step:
    """One training step: a stage, a variant of its recipe, and a seed."""

    stage: str
    variant: str
    seed: int

    def __str__(self) -> str:
        return f"{self.stage}.{self.variant}-s{self.seed}"

    @classmethod
    def parse(cls, text: str) -> "Step":
        """The step written as stage.variant-sN; InputError if it is none."""
        match = re.fullmatch(rf"([a-z]+)\.({VARIANT_PATTERN})-s({SEED_PATTERN})", text)
        if match is None:
            raise InputError(f"'{text}' is no step of a chain", fix="write stage.variant-sN, as in sft.closedbook-s0")
        return cls(match[1], match[2], int(match[3]))

    def recipe(self, recipes: Recipes) -> Recipe:
        """The step's settings, after defaults and variant are merged; with the digests of its own rewards' files."""
        variants = lookup(recipes, self.stage, "stage")
        return lookup(variants, self.variant, f"variant of {self.stage}").pinned()


def parse(chain: str) -> list[Step]:
    """The steps of a chain; none for `base`."""
    return [] if chain == BASE else [Step.parse(step) for step in chain.split("+")]


def parent(chain: str) -> str:
    """The chain without its last step."""
    head, _, _ = chain.rpartition("+")
    return head or BASE


def lineage(chain: str) -> list[str]:
    """The chains of a model and of all it was made from, the untouched backbone first."""
    return [BASE] if chain == BASE else [*lineage(parent(chain)), chain]


def step_manifests(model: Path) -> list[dict[str, Any]]:
    """The manifests of a model's folder and of those beside it that it was made from, the untouched backbone's first.

    InputError where a manifest is missing.
    """
    return [read_manifest(model.with_name(chain) / "manifest.json") for chain in lineage(model.name)]


@cache
def last_step(chain: str) -> Step:
    """The step that made the model of this chain."""
    return parse(chain)[-1]


def arm_chain(steps: Sequence[str], seed: int, whole: bool = False) -> str:
    """The chain of an arm: the seed is the last step's, and earlier steps keep seed 0, so that arms share them; in a
    `whole` chain all steps have it."""
    if not steps:
        return BASE
    return "+".join([f"{step}-s{seed if whole else 0}" for step in steps[:-1]] + [f"{steps[-1]}-s{seed}"])


def judge_chain(recipe: Recipe) -> str | None:
    """The chain of the reward model that judges a recipe's completions; None without one."""
    return arm_chain(recipe.judging, 0) if recipe.judging else None
