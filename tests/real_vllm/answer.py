"""Answers of the vLLM engine at fp32, for the test that compares them; runs in the environment that has vLLM.

python tests/real_vllm/answer.py MODEL PROMPTS.json OUTPUT.json      PROMPTS: {"decoding": {…}, "texts": […]}
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from reasonome.answering import vllm_engine
from reasonome.config import Decoding  # noqa: E402


def main(model: Path, prompts: Path, output: Path) -> None:
    asked = json.loads(prompts.read_text(encoding="utf-8"))
    # Eager: compiling takes longer than a few answers.
    engine, tokenizer = vllm_engine.load(model, "fp32", enforce_eager=True)
    batches = vllm_engine.generate(engine, tokenizer, asked["texts"], Decoding(**asked["decoding"]))
    answers = {position: vars(completion) for _, batch in batches for position, completion in batch}
    output.write_text(json.dumps([answers[i] for i in range(len(answers))]), encoding="utf-8")


if __name__ == "__main__":  # vLLM's workers import this file
    main(*map(Path, sys.argv[1:]))
