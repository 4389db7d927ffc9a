"""Memory that GRPO needs for sampling, beside that of training."""

VLLM_SHARE = 0.4  # of a GPU; the engine gives its part back while the trainer computes (sleep mode)
HELD_OUT_ROWS = 32  # held-out prompts that a process answers at once
