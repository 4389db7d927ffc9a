"""Reasonome: train small language models to reason over genes, and prove what they learned."""

import os

__version__ = "0.1.0"

# On GPUs of compute capability 9.0 and 10.0 torch prefers cuDNN's attention, which plans for 20 to 500 ms at each new
# length. Most batches, and each decoded token, have a new one. The other kernels plan nothing. Read at the first use.
os.environ.setdefault("TORCH_CUDNN_SDPA_DEPRIORITIZED", "1")
