"""The tasks by name."""

from reasonome.tasks.base import Task
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.tasks.ranking.causal_gene_ranking import CausalGeneRanking
from reasonome.tasks.ranking.rare_disease_ranking import RareDiseaseRanking

TASKS: dict[str, Task] = {task.name: task for task in (GeneSetNaming(), CausalGeneRanking(), RareDiseaseRanking())}
