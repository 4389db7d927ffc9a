"""A step of GRPO with the 135M model, completions and training: as TRL takes it, and with questions computed once.

snakemake --cores 2 results/models/smollm2-135m/base/manifest.json
python speed/grpo.py                         # takes the GPU where there is one
python speed/grpo.py --questions 250 --answers 12

Questions are random words, 8 answers are drawn to each, all of the same length, as the model has no way to end one;
rewards differ. A step is one question, or two where answers are short. Every way draws by `transformers`, passes the
answers to a question through training at once, and computes in the precision that this machine is faster in. Loading
the model counts in no time, and a first short step of each way does not either.

theirs: TRL's GRPOTrainer without gradient checkpointing, which would cost it a third more.
plain:  the trainer of the pipeline, with `shared_questions: never`; at the length that has a bound of its own alone.
ours:   the trainer of the pipeline, with `shared_questions: auto`.
"""

import random
import tempfile
import time
from pathlib import Path

import torch
from datasets import Dataset
from measuring import CUDA, Check, Inputs, Speed, parser, recipe_of, report
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from reasonome.answering import precision
from reasonome.answering.precision import now
from reasonome.core.errors import run_program
from reasonome.training import kernels, shared_questions
from reasonome.training.canary import Drift
from reasonome.training.rollouts import WatchedTrainer
from reasonome.training.shared_questions import Sharing

# Times as fast as theirs: nowhere slower, and here by so much.
LEAST, PROMISED, LEAST_OF_PROMISED = 1, (250, 12), 3
GROUP = 8
QUESTIONS, ANSWERS = (60, 250, 1000), (12, 96, 512)
FEW_TOKENS = 12  # of answers, up to which a step has two questions
WORDS = (" gene", " cell", " protein", " membrane", " of", " the", " and", " in", " by", " with")
UNUSED = "<file_sep>"  # a token that the model was never taught to write


class Clock(TrainerCallback):
    """The seconds of a trainer's only step: drawing, training and the optimizer."""

    seconds = of_processor = 0.0

    def on_step_begin(self, args, state, control, **kwargs):
        self._started = now(), time.process_time()

    def on_step_end(self, args, state, control, **kwargs):
        self.seconds, self.of_processor = now() - self._started[0], time.process_time() - self._started[1]


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--model", type=Path, help="another model folder, with manifest.json and model/")
    arguments.add_argument("--questions", type=int, nargs="+", default=QUESTIONS, help="their tokens (%(default)s)")
    arguments.add_argument("--answers", type=int, nargs="+", default=ANSWERS, help="their tokens (%(default)s)")
    given = arguments.parse_args()
    inputs = Inputs(given.config, given.results)
    steps = Steps(inputs, (given.model or inputs.backbone()) / "model")
    for way in ("theirs", "never", "auto"):
        steps.rate(way, 16, 4)  # warms up
    speeds, checks = [], []
    cells = [(question, answer) for answer in given.answers for question in given.questions]
    for question, answer in cells:
        promised = (question, answer) == PROMISED
        theirs = steps.rate("theirs", question, answer)
        plain = steps.rate("never", question, answer) if promised else None
        ours = steps.rate("auto", question, answer)
        part = f"GRPO step, {'GPU' if CUDA else 'CPU'}, {question} × {answer} tokens"
        speeds.append(Speed(part, "answers/s", theirs, plain, ours, LEAST_OF_PROMISED if promised else LEAST))
        checks.append(Check(f"{part}: computed once", steps.shared))
    return report(speeds, checks, given.rows)


class Steps:
    """Steps of each way on the same model."""

    def __init__(self, inputs: Inputs, folder: Path):
        self._recipe = recipe_of("grpo")
        self._folder, self._precision = folder, precision.choose("auto")
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self.shared = ""

    def rate(self, way: str, question: int, answer: int) -> float:
        """Answers a second of a step: "theirs", or ours with `way` as `shared_questions`."""
        model = AutoModelForCausalLM.from_pretrained(self._folder, dtype=torch.float32)
        model.generation_config.eos_token_id = self._tokenizer.convert_tokens_to_ids(UNUSED)
        questions = 2 if answer <= FEW_TOKENS else 1
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            settings = {
                "model": model,
                "args": self._arguments(Path(folder), questions * GROUP, answer),
                "train_dataset": Dataset.from_list([{"prompt": text(question, seed)} for seed in range(questions)]),
                "reward_funcs": lambda completions, **columns: [float(place) for place in range(len(completions))],
                "processing_class": self._tokenizer,
                "callbacks": [clock],
            }
            kernels.use_head(way != "theirs" and not CUDA)
            if way == "theirs":
                trainer = GRPOTrainer(**settings)
            else:
                sharing = self._sharing(way, model, question, answer)
                drift = Drift(self._recipe.max_drift, "transformers", Path(folder))
                trainer = WatchedTrainer(**settings, drift=drift, sharing=sharing, redraws=0)
            trainer.remove_callback(PrinterCallback)
            trainer.train()
        # Far fewer processor seconds than seconds × threads: other work had the machine.
        taken = f"{clock.seconds:.1f} s ({clock.of_processor:.1f} s of processor)"
        print(f"{questions} × {question} + {GROUP} × {answer} tokens, {way}: {taken}", flush=True)
        return questions * GROUP / clock.seconds

    def _sharing(self, way: str, model, question: int, answer: int) -> Sharing:
        lengths = {"generations": GROUP, "max_completion_length": answer}
        recipe = self._recipe.model_copy(update={"shared_questions": way, **lengths})
        sharing = shared_questions.choose(recipe, model.config, GROUP, question, by_parts=False)
        parts = {"rollouts": sharing.rollouts, "training": sharing.together > 1}
        self.shared = ", ".join(name for name, shared in parts.items() if shared) or "nothing"
        return sharing

    def _arguments(self, folder: Path, batch: int, answer: int) -> GRPOConfig:
        return GRPOConfig(
            output_dir=str(folder),
            per_device_train_batch_size=GROUP,
            gradient_accumulation_steps=batch // GROUP,
            num_generations=GROUP,
            max_completion_length=answer,
            max_steps=1,
            bf16=self._precision == "bf16",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=not CUDA,
            dataloader_pin_memory=CUDA,
            **kernels.recomputation(False),
        )


def text(tokens: int, seed: int) -> str:
    """Random words, a token each."""
    return "".join(random.Random(seed).choices(WORDS, k=tokens))


if __name__ == "__main__":
    run_program(main)
