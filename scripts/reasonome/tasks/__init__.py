"""Tasks: one object each, which serves prompts, training, rewards and scoring alike."""

from reasonome.tasks.gene_set_naming import GeneSetNaming
from reasonome.tasks.task import Task

TASKS: dict[str, Task] = {task.name: task for task in (GeneSetNaming(),)}
