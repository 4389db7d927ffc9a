"""Reasonome: train small language models to reason over genes, and prove what they learned."""

import os

__version__ = "0.1.0"

# Threads of a product of matrices wait for each other in a loop before they sleep. By OpenMP's default they turn so
# long that two jobs on the same cores keep each other from working: each does a third of what it does alone, or less.
# After 4,000 rounds they let the other work (docs/speed.md has the figures). Read when torch is imported.
if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = "4000"

# On GPUs of compute capability 9.0 and 10.0 torch prefers cuDNN's attention, which plans for 20 to 500 ms at each new
# length. Most batches, and each decoded token, have a new one. The other kernels plan nothing. Read at the first use.
os.environ.setdefault("TORCH_CUDNN_SDPA_DEPRIORITIZED", "1")
