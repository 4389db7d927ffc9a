"""Settings of molecule properties: tables with SMILES, and a class or a number in a column."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from reasonome.config.strict import Variant
from reasonome.config.task_settings import check_subset_names
from reasonome.tasks.molecule_property.molecules import Fragments
from reasonome.tasks.prediction.settings import Predicted, PredictionBenchmark
from reasonome.tasks.question_answer.settings import VerifiedFiles, VerifiedSubset


class MoleculeSubset(VerifiedSubset, Predicted):
    """One property, of the molecules of a table."""

    columns: dict[Literal["smiles", "answer", "id"], str] = Field(
        {}, description="what the columns are called, where they have other names"
    )


class MoleculeBenchmark(PredictionBenchmark):
    """Properties of molecules, of which no two splits have a scaffold in common."""

    subsets: Annotated[dict[Variant, MoleculeSubset], Field(min_length=1), AfterValidator(check_subset_names)]
    fragments: Fragments = Field("largest", description="of a molecule of several, such as a salt")

    @model_validator(mode="after")
    def _groups_are_scaffolds(self) -> "MoleculeBenchmark":
        if self.group is not None:
            raise ValueError("leave 'group' out: molecules of one scaffold are a group")
        return self


class MoleculeFiles(VerifiedFiles):
    """Tables of molecules."""

    def keys(self, benchmark: MoleculeBenchmark, subset: MoleculeSubset) -> list[str]:
        """Those of SMILES and the answer, and of an id where it is given."""
        return ["smiles", "answer", *(["id"] if "id" in subset.columns else [])]
