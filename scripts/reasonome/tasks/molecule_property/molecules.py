"""Molecules through RDKit: canonical SMILES, scaffolds, fingerprints and descriptors."""

from collections.abc import Sequence
from functools import cache, lru_cache
from math import isnan
from typing import Any, Literal, NamedTuple

import numpy as np

from reasonome.core.errors import InputError

Fragments = Literal["largest", "leave out"]
FINGERPRINT_BITS, FINGERPRINT_RADIUS = 2048, 2
ACYCLIC = "acyclic "  # before the skeleton of a molecule without rings


class Molecule(NamedTuple):
    """A molecule as read: its canonical SMILES, "" where it is left out, and why."""

    smiles: str
    problem: str = ""


@cache
def rdkit() -> Any:
    """The module rdkit.Chem, silenced; InputError where RDKit is not installed."""
    try:
        from rdkit import Chem, RDLogger
    except ImportError as error:
        fix = "pip install 'reasonome[molecules]'"
        raise InputError("molecules need RDKit, which is not installed", fix=fix) from error
    # What is wrong with a SMILES is told row by row.
    RDLogger.DisableLog("rdApp.*")  # pyright: ignore[reportAttributeAccessIssue]
    return Chem


@lru_cache(maxsize=100_000)
def read_molecule(smiles: str, fragments: Fragments = "largest") -> Molecule:
    """The canonical SMILES of a molecule, with its stereochemistry.

    Of several fragments, such as those of a salt, the largest by heavy atoms is kept, then the heaviest, then the first
    by SMILES; with "leave out" such a molecule has a problem. A text that is no SMILES, and one without atoms, has one.
    """
    chem = rdkit()
    molecule = chem.MolFromSmiles(smiles.strip())
    if molecule is None or not molecule.GetNumAtoms():
        return Molecule("", "no valid SMILES")
    parts = chem.GetMolFrags(molecule, asMols=True)
    if len(parts) > 1 and fragments == "leave out":
        return Molecule("", "several fragments")
    from rdkit.Chem.Descriptors import MolWt  # pyright: ignore[reportAttributeAccessIssue]

    def size(part: Any) -> tuple:
        return -part.GetNumHeavyAtoms(), -MolWt(part), chem.MolToSmiles(part)

    return Molecule(chem.MolToSmiles(min(parts, key=size)))


@lru_cache(maxsize=100_000)
def scaffold(smiles: str) -> str:
    """The Bemis–Murcko scaffold (1996) without stereochemistry: the rings and what links them.

    A molecule without rings has none: it gets its skeleton instead, the graph of its heavy atoms without elements,
    charges and bond orders, so that an alcohol stands with the amine of the same shape.
    """
    from rdkit.Chem.Scaffolds import MurckoScaffold

    chem = rdkit()
    molecule = chem.MolFromSmiles(smiles)
    rings = MurckoScaffold.MurckoScaffoldSmiles(mol=molecule, includeChirality=False)
    if rings:
        return rings
    skeleton = chem.RWMol()
    for _ in molecule.GetAtoms():
        skeleton.AddAtom(chem.Atom(0))
    for bond in molecule.GetBonds():
        skeleton.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), chem.BondType.SINGLE)
    return ACYCLIC + chem.MolToSmiles(skeleton)


def randomised(smiles: str, seed: int) -> str:
    """The same molecule written from another atom on, drawn at random by the seed."""
    chem = rdkit()
    return chem.MolToRandomSmilesVect(chem.MolFromSmiles(smiles), 1, seed)[0]


@lru_cache(maxsize=100_000)
def _fingerprint(smiles: str) -> Any:
    from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

    generator = GetMorganGenerator(radius=FINGERPRINT_RADIUS, fpSize=FINGERPRINT_BITS)
    return generator.GetFingerprint(rdkit().MolFromSmiles(smiles))


def fingerprints(molecules: Sequence[str]) -> np.ndarray:
    """Morgan fingerprints (radius 2, 2,048 bits; as ECFP4), shape (molecules, bits) of 0 and 1."""
    return np.array([_fingerprint(smiles) for smiles in molecules], dtype=np.float32)


def similarities(smiles: str, others: Sequence[str]) -> np.ndarray:
    """The Tanimoto similarity of a molecule's fingerprint to that of each other one, shape (others,)."""
    from rdkit.DataStructs import BulkTanimotoSimilarity

    return np.array(BulkTanimotoSimilarity(_fingerprint(smiles), [_fingerprint(other) for other in others]))


@lru_cache(maxsize=100_000)
def descriptors(smiles: str) -> dict[str, float]:
    """RDKit's descriptors of a molecule by name; what it cannot compute is 0."""
    from rdkit.Chem.Descriptors import CalcMolDescriptors

    values = CalcMolDescriptors(rdkit().MolFromSmiles(smiles), missingVal=0.0)
    # Some grow beyond every bound for large molecules.
    return {name: 0.0 if isnan(value) else float(max(-1e6, min(1e6, value))) for name, value in values.items()}


@lru_cache(maxsize=100_000)
def some_descriptors(smiles: str, names: tuple[str, ...]) -> tuple[float, ...]:
    """RDKit's descriptors of these names, without the time that all of them take."""
    from rdkit.Chem import Descriptors

    molecule = rdkit().MolFromSmiles(smiles)
    return tuple(float(getattr(Descriptors, name)(molecule)) for name in names)
