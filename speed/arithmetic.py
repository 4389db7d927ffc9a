"""What `precision: auto` and `kernels: auto` choose on this machine, against what they leave.

python speed/arithmetic.py                   # needs nothing made before
ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 python speed/arithmetic.py

The second line is the same on a processor that has AVX-512, as on one that has AVX2 alone.

Products are those of a layer of the 135M model: 1,024 tokens × 576 · 576 × 1,536. The language-model head scores 4
texts of 256 tokens of which 100 have a label, forward and backward, in the precision that is chosen.

theirs: products in the other precision; the head as TRL has it.
plain:  the head as TRL has it, asked about labelled tokens alone, as TRL does on GPUs.
ours:   products in the chosen precision; the head that training uses.
"""

import torch
from measuring import CUDA, Check, Speed, median_seconds, parser, report
from trl.kernels import ChunkedLogProbFunction

from reasonome.answering import precision
from reasonome.core.errors import run_program
from reasonome.training import kernels

TOKENS, WIDTH, INNER, VOCABULARY = 1024, 576, 1536, 49_152
TEXTS, LABELLED = 4, 100
CHUNK = 32_768  # columns of logits that TRL computes at once
LEAST = 1  # what is chosen is never slower than what is left


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--times", type=int, default=5, help="runs of each way, of which the median counts")
    given = arguments.parse_args()
    chosen = precision.choose("auto")
    speeds = [products(chosen, given.times)]
    if not CUDA:
        speeds.append(heads(chosen, given.times))
    said = f"{chosen}; PyTorch uses {torch.backends.cpu.get_cpu_capability()}"
    return report(speeds, [Check("arithmetic: computed in", said)], given.rows)


def products(chosen: str, times: int) -> Speed:
    """Matrix products a second in either precision."""
    device = "cuda" if CUDA else "cpu"

    def work(dtype: torch.dtype):
        left, right = torch.ones(TOKENS, WIDTH, dtype=dtype), torch.ones(WIDTH, INNER, dtype=dtype)
        left, right = left.to(device), right.to(device)

        def multiply() -> None:
            torch.mm(left, right)
            precision.now()  # waits for a GPU

        return multiply

    other = next(name for name in precision.DTYPES if name != chosen)
    ways = {"theirs": work(precision.DTYPES[other]), "ours": work(precision.DTYPES[chosen])}
    for multiply in ways.values():
        multiply()  # warms up
    seconds, _ = median_seconds(ways, times)
    return Speed(
        f"products, {chosen} and not {other}", "products/s", 1 / seconds["theirs"], None, 1 / seconds["ours"], LEAST
    )


def heads(chosen: str, times: int) -> Speed:
    """Tokens a second, of all that pass through, by either head."""
    torch.manual_seed(0)
    weight = (0.02 * torch.randn(VOCABULARY, WIDTH)).requires_grad_()
    hidden = torch.randn(TOKENS, WIDTH).requires_grad_()
    targets = torch.randint(VOCABULARY, (TOKENS,))
    labelled = torch.arange(TOKENS) % (TOKENS // TEXTS) < LABELLED

    def run(apply, rows) -> None:
        weight.grad = hidden.grad = None
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=chosen == "bf16"):
            found = apply(hidden[rows], weight, None, targets[rows], 1.0, CHUNK, None, 1.0, ("entropy", "is_top1"))
        log_probs = found[0] if len(found[0]) == int(labelled.sum()) else found[0][labelled]
        (-log_probs.sum()).backward()

    ways = {
        "theirs": lambda: run(ChunkedLogProbFunction.apply, slice(None)),
        "plain": lambda: run(ChunkedLogProbFunction.apply, labelled),
        "ours": lambda: run(kernels.head_scores, labelled),
    }
    seconds, _ = median_seconds(ways, times)
    rates = [TOKENS / seconds[way] for way in ways]
    return Speed("language-model head, CPU", "tokens/s", *rates, LEAST)


if __name__ == "__main__":
    run_program(main)
