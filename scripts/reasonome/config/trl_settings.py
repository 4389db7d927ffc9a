"""Settings of TRL that recipes pass on, by its own names (`trl:`): which there are, and which are the recipe's own."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from reasonome.config.strict import WrongValue
from reasonome.core.errors import nearest

# A key of recipes → the fields that it decides. Those of the same name as a key are left out.
OURS = {
    "epochs": "num_train_epochs",
    "batch_size": "gradient_accumulation_steps generation_batch_size steps_per_generation",
    "micro_batch_size": "per_device_train_batch_size per_device_eval_batch_size auto_find_batch_size",
    "scheduler": "lr_scheduler_type",
    "warmup": "warmup_steps",
    "precision": "bf16 fp16",
    "gradient_checkpointing": "activation_checkpointing",
    "compile_layers": "torch_compile",
    "kernels": "use_liger_kernel",
    "save_steps": "save_strategy save_total_limit save_only_model",
    "log_steps": "logging_strategy logging_steps logging_first_step",
    "keep": "load_best_model_at_end metric_for_best_model greater_is_better",
    "steps": "train_sampling_strategy",
    "packing": "packing_strategy eval_packing padding_free",
    "sequence_length": "max_length",
    "loss": "loss_type",
    "generations": "num_generations",
    "prompts": "shuffle_dataset",
    "rewards": "reward_weights",
    "iterations": "num_iterations",
    "aggregation": "multi_objective_aggregation",
    "rollouts": "use_vllm vllm_mode vllm_enable_sleep_mode vllm_gpu_memory_utilization vllm_max_model_length "
    "vllm_tensor_parallel_size vllm_importance_sampling_mode vllm_importance_sampling_clip_max vllm_server_host "
    "vllm_server_port vllm_group_port use_transformers_continuous_batching generation_kwargs",
    # No key decides these.
    "": "output_dir seed data_seed report_to run_name use_cpu dataloader_pin_memory disable_tqdm deepspeed fsdp "
    "fsdp_config ddp_find_unused_parameters eval_strategy eval_steps eval_on_start eval_delay completion_only_loss "
    "remove_unused_columns model_init_kwargs chat_template_path eos_token pad_token resume_from_checkpoint "
    "restore_callback_states_from_checkpoint ignore_data_skip scale_rewards",
}
DECIDED = {field: key for key, theirs in OURS.items() for field in theirs.split()}


@cache
def fields(config: str) -> frozenset[str]:
    """The fields of one of TRL's dataclasses, such as SFTConfig, as its file has them: importing it takes PyTorch."""
    files = {
        config: f"trl/trainer/{config.removesuffix('Config').lower()}_config.py",
        "_BaseConfig": "trl/trainer/base_config.py",
        "TrainingArguments": "transformers/training_args.py",
    }
    return frozenset(
        line.target.id
        for name, file in files.items()
        for node in ast.parse(Path(str(distribution(file.partition("/")[0]).locate_file(file))).read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == name
        for line in node.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    )


def check(config: str, given: Mapping[str, object], keys: Mapping[str, object]) -> None:
    """WrongValue for a name in `given` that is no field, or that the pipeline decides; `keys` are the recipe's."""
    for name in given:
        place = (f"trl.{name}",)
        if name in keys or name in DECIDED:
            key = name if name in keys else DECIDED[name]
            fix = f"set `{key}` of the recipe" if key in keys else "leave it out: the pipeline decides it"
            raise WrongValue(f"'{name}' is not passed on to TRL", fix, place)
        if name not in fields(config):
            raise WrongValue(f"{config} of TRL has no '{name}'", nearest(name, fields(config) - DECIDED.keys()), place)
