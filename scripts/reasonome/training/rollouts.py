"""The trainers of GRPO and online DPO: what their rollouts, loss, log-probabilities and curves add to TRL's.

Completions are drawn by transformers, or by vLLM inside the training processes (`vllm_sampler.py`).
"""

import math
import random
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import cast

import torch
from datasets import Dataset
from trl.models.utils import unwrap_model_for_generation
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from reasonome.answering import local
from reasonome.answering.engine import token_ids
from reasonome.config import Decoding, RolloutRecipe
from reasonome.training import batches, packing, processes, shared_questions, vllm_sampler
from reasonome.training.canary import Drift, generating_by, recorded_logprobs
from reasonome.training.shared_questions import Sharing

CLIPPED = ("clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean", "cispo_clip_ratio")
PER_TOKEN = ("entropy", "kl", "vespo/phi_seq_mean", *CLIPPED)
DRAWN_TOKENS = 2**17  # of prompts and completions that transformers draws at once: their keys and values fill memory
HELD_OUT_ROWS = 32  # held-out prompts that a process answers at once


def without_noise(advantages: torch.Tensor, size: int) -> torch.Tensor:
    """Advantages that are 0 where all completions of a group have the same, which is what rounding leaves of 0.

    They stay what they are where groups of `size` are not whole: another process has the rest.
    """
    if len(advantages) % size:
        return advantages
    groups = advantages.view(-1, size)
    return groups.masked_fill((groups == groups[:, :1]).all(dim=1, keepdim=True), 0.0).flatten()


def at_once(lengths: Sequence[int], new: int) -> list[slice]:
    """Parts of prompts of so many tokens, shortest first; each has at most DRAWN_TOKENS with padding and `new` ones."""
    parts, start = [], 0
    for i, length in enumerate(lengths):
        if i > start and (i + 1 - start) * (length + new) > DRAWN_TOKENS:
            parts.append(slice(start, i))
            start = i
    return [*parts, slice(start, len(lengths))]


def _teaching_groups(drawn: batches.Drawn, size: int) -> torch.Tensor:
    """Which groups of `size` completions have an advantage."""
    return drawn["advantages"].view(-1, size).any(dim=1)


class WatchedTrainer(GRPOTrainer):
    """TRL's GRPO trainer, whose sampler and policy are compared at every batch.

    What several completions share is computed once (`sharing`), and what teaches nothing is left out.
    """

    args: GRPOConfig
    num_generations: int
    max_completion_length: int

    def __init__(self, *args, drift: Drift, sharing: Sharing, redraws: int, **kwargs):
        """So many `redraws` at most replace prompts of a step that teach nothing."""
        self._drift, self.sharing, self._redraws = drift, sharing, redraws
        self._passing: batches.Drawn = {}
        self._ratios: list[torch.Tensor] = []
        self._tokens: list[torch.Tensor] = []
        vllm_sampler.use(kwargs["args"].seed)
        super().__init__(*args, **kwargs)
        models = [self.accelerator.unwrap_model(each) for each in (self.model, self.ref_model) if each is not None]
        way = bool(self.args.bf16), self.accelerator.device.type
        self._by_parts = sharing.possible and all([packing.attend_text_by_text(each, *way) for each in models])

    @property
    def _together(self) -> int:
        """How many completions of a prompt stay together when TRL shuffles and splits them."""
        return self.sharing.together

    @property
    def _by_entropy(self) -> bool:
        """Whether the loss reads the entropy of all tokens of a micro-batch: `trl` has settings for it."""
        return self._entropy_bonus_enabled or self.top_entropy_quantile < 1

    @property
    def _corrects_in_loss(self) -> bool:
        """Whether vLLM's importance ratio comes from the loss's own pass.

        TRL makes a further pass for it, before the step. Where a completion passes once, both find the same.
        """
        if not (self.use_vllm and self.vllm_importance_sampling_correction and self.num_iterations == 1):
            return False
        return self.vllm_importance_sampling_mode == "token_truncate"

    def _generate_and_score_completions(self, inputs):
        drawn = self._scored(inputs)
        if self._redraws:
            drawn = self._redrawn(inputs, drawn)
        return {
            name: value.unflatten(0, (-1, self._together)) if value.ndim else value for name, value in drawn.items()
        }

    def _scored(self, inputs: list[dict]) -> batches.Drawn:
        """Completions of prompts, with their advantages."""
        correction = self.vllm_importance_sampling_correction
        self.vllm_importance_sampling_correction = correction and not self._corrects_in_loss
        drawn = super()._generate_and_score_completions(inputs)
        self.vllm_importance_sampling_correction = correction
        drawn["advantages"] = without_noise(drawn["advantages"], self.num_generations)
        return drawn

    def _redrawn(self, inputs: list[dict], drawn: batches.Drawn) -> batches.Drawn:
        """The same, with completions of other prompts in place of groups without advantage, if theirs have one.

        The curves are of the first draw, whose prompts nobody has chosen; tokens of the others are logged beside them.
        """
        asked, size = {row["index"] for row in inputs}, self.num_generations
        prompts = cast(Dataset, self.train_dataset)  # each once a pass
        places = {index: place for place, index in enumerate(prompts["index"][:])}
        others = [place for index, place in sorted(places.items()) if index not in asked]
        # By the step: a resumed run draws as an undisturbed one does.
        random.Random(f"{self.args.seed} {self.state.global_step}").shuffle(others)
        logs = [*self._logs["rewards"].values(), *(log for log in self._logs.values() if isinstance(log, deque))]
        noted, tokens = [(log, list(log)) for log in (*self._metrics["train"].values(), *logs)], Counter()
        for _ in range(self._redraws):
            empty = ~_teaching_groups(drawn, size)
            further, others = others[: int(empty.sum())], others[int(empty.sum()) :]
            if not further:
                break
            redrawn = self._scored([prompts[place] for place in further for _ in range(size)])
            for part in batches.PARTS:
                tokens[part] += self._metrics["train"][f"{part}s/mean_length"][-1] * len(further) * size
            drawn = batches.replaced(drawn, empty, redrawn, _teaching_groups(redrawn, size))
        for log, of_first_draw in noted:
            log.clear()
            log.extend(of_first_draw)
        for part in batches.PARTS:
            self._metrics["train"][f"redrawn/{part}s"].append(tokens[part])
        return drawn

    def _generate_single_turn(self, prompt_ids, *args, **kwargs):
        if self.use_vllm:
            return super()._generate_single_turn(prompt_ids, *args, **kwargs)
        lengths = list(map(len, prompt_ids))
        order = sorted(range(len(lengths)), key=lambda i: lengths[i])
        # Of all processes the longest: each draws as often as the others, which sharded weights want.
        longest = [max(of_all) for of_all in zip(*map(sorted, processes.gather(lengths)), strict=True)]
        parts = [order[part] for part in at_once(longest, self.max_completion_length)]
        drawn: dict[int, tuple[list[int], list[float]]] = {}
        for part in parts if len(parts) > 1 else [range(len(lengths))]:
            drawn |= zip(part, self._draw([prompt_ids[i] for i in part], *args, **kwargs), strict=True)
        completions, logprobs = zip(*(drawn[i] for i in range(len(lengths))), strict=True)
        return list(completions), list(logprobs)

    def _draw(self, prompt_ids, *args, **kwargs) -> list[tuple[list[int], list[float]]]:
        """A completion of each prompt, by transformers, and the log-probabilities of its tokens."""
        # A prepared model is in training's autocast when it is called. With an adapter the model inside it generates.
        sampler = self.accelerator.unwrap_model(self.model_wrapped)
        generate = partial(shared_questions.generate, sampler) if self.sharing.rollouts else sampler.generate
        with self.accelerator.autocast(), recorded_logprobs(sampler, generate) as taken:
            completions, _ = super()._generate_single_turn(prompt_ids, *args, **kwargs)
        (logprobs,) = taken
        return [(ids, row[: len(ids)].tolist()) for row, ids in zip(logprobs, completions, strict=True)]

    def _get_per_token_logps_and_entropies(
        self, model, input_ids, attention_mask, logits_to_keep, batch_size=None, compute_entropy=False, **others
    ):
        given = (model, input_ids, attention_mask, logits_to_keep, batch_size or len(input_ids))
        if (self.sharing.together > 1 or self._by_parts) and not others.get("compute_aux_loss"):
            computed = self._logprobs_of_shared(*given)
        elif not compute_entropy:
            computed = self._logprobs_by_length(*given), None, None
        else:
            computed = super()._get_per_token_logps_and_entropies(*given, compute_entropy, **others)
        if compute_entropy:  # the policy's own pass, not the reference's
            self._policy_logprobs = computed[0].detach()
            if self._corrects_in_loss:  # TRL's loss looks it up next
                self._passing["importance_sampling_ratio"] = self._sampling_ratio()
        return computed

    def _sampling_ratio(self) -> torch.Tensor:
        """How likely the policy finds each token as vLLM did, truncated; 1 where vLLM does not say."""
        mask = self._passing["completion_mask"]
        difference = (self._policy_logprobs - self._passing["sampling_per_token_logps"]) * mask
        most, least = self.vllm_importance_sampling_clip_max, self.vllm_importance_sampling_clip_min
        ratio = torch.nan_to_num(difference, nan=0.0).exp().clamp(min=least, max=most)
        self._ratios.append(ratio[mask.bool()])
        if self.accelerator.sync_gradients:  # the step's last micro-batch
            self._log_ratios()
        return ratio

    def _log_ratios(self) -> None:
        """Log over a step's tokens of all processes what TRL logs where it asks before."""
        ratios = torch.cat(self._ratios)
        ratios = ratios if len(ratios) else ratios.new_ones(1)  # all of this process are masked
        self._ratios.clear()
        for name, of in (("min", torch.min), ("mean", torch.mean), ("max", torch.max)):
            value = of(self.accelerator.gather(of(ratios)))
            self._metrics["train"][f"sampling/importance_sampling_ratio/{name}"].append(value.item())

    def _logprobs_by_length(self, model, input_ids, attention_mask, logits_to_keep, batch_size):
        """Log-probabilities of completions, rows × tokens, 0 in padding, in passes that nothing is learnt from."""
        split = input_ids.shape[1] - logits_to_keep
        parts = [attention_mask[:, :split], attention_mask[:, split:]]
        prompts, completions = (part.sum(dim=1).tolist() for part in parts)
        order = batches.by_length(prompts, completions, batch_size)
        logprobs = torch.zeros(parts[1].shape, device=input_ids.device)
        for rows in torch.split(torch.tensor(order, device=input_ids.device), batch_size):
            prompt, completion = (max(1, int(part[rows].sum(dim=1).max())) for part in parts)
            seen = slice(split - prompt, split + completion)
            computed = super()._get_per_token_logps_and_entropies(
                model, input_ids[rows, seen], attention_mask[rows, seen], completion
            )
            logprobs[rows, :completion] = computed[0].float()
        return logprobs

    def _logprobs_of_shared(self, model, input_ids, attention_mask, logits_to_keep, batch_size):
        parts = zip(input_ids.split(batch_size), attention_mask.split(batch_size), strict=True)
        with self.accelerator.autocast():
            scored = [shared_questions.scores(model, *part, logits_to_keep, self._by_parts) for part in parts]
        logprobs, entropies = zip(*scored, strict=True)
        return torch.cat(logprobs), None if entropies[0] is None else torch.cat(entropies), None

    def _policy_loss(self, model, inputs):
        loss = super()._compute_loss(model, inputs)
        self._tokens.append(inputs["completion_mask"].sum().float())
        if self.accelerator.sync_gradients:  # the step's last micro-batch
            self._weigh_metrics()
        return loss

    def _weigh_metrics(self) -> None:
        """Make one mean over a step's tokens of what TRL has noted of each micro-batch: short ones count for less."""
        tokens = self._summed(torch.stack(self._tokens))
        self._tokens.clear()
        for noted in (self._metrics["train"][name] for name in PER_TOKEN if name in self._metrics["train"]):
            means = torch.tensor(noted[-len(tokens) :])
            noted[-len(tokens) :] = [float(tokens @ means / tokens.sum().clamp(min=1))]

    def _compute_loss(self, model, inputs):
        rows = {name: value.flatten(0, 1) if value.ndim else value for name, value in inputs.items()}
        teaching = self._teaching(rows["advantages"])
        if not teaching.any():
            return rows["advantages"].new_zeros((), requires_grad=True)
        share = self._share(teaching, rows["completion_mask"])
        rows = batches.trimmed({name: value[teaching] if value.ndim else value for name, value in rows.items()})
        self._passing = rows
        loss = share * self._policy_loss(model, rows)
        if self.state.global_step % self.num_iterations:
            return loss  # a further pass: the weights have moved since the completions were drawn
        self._drift.add(self._policy_logprobs, rows["sampling_per_token_logps"], rows["completion_mask"])
        if self.accelerator.sync_gradients:  # the step's last micro-batch: the weights have not moved yet
            drift = self._drift.take(self._summed)
            if rows["num_items_in_batch"]:  # none where all completions of the step were cut off, and are masked
                self._metrics["train"]["sampler_drift"].append(drift)
                self._drift.check(drift, self.state.global_step + 1)
        return loss

    def _teaching(self, advantages: torch.Tensor) -> torch.Tensor:
        """Which completions of a micro-batch pass: those without advantage add nothing to loss and gradient.

        With a KL term, an auxiliary loss, entropy in the loss or several processes, whose passes must be equal, all
        pass. A step's last micro-batch has a completion in any case, so that each weight has a gradient and the canary
        sees one.
        """
        of_all = self.beta or self.aux_loss_enabled or self._by_entropy
        if of_all or self.accelerator.num_processes > 1 or self.is_deepspeed_enabled:
            return torch.ones_like(advantages, dtype=torch.bool)
        teaching = advantages != 0
        teaching[0] |= self.accelerator.sync_gradients and not teaching.any()
        return teaching

    def _share(self, teaching: torch.Tensor, mask: torch.Tensor) -> float:
        """The factor that turns TRL's mean over the completions that pass into the mean over the whole micro-batch."""
        if self.loss_type in ("dapo", "cispo", "vespo"):  # a sum over the tokens of the whole step
            return 1.0
        weights = mask.sum(dim=1) if self.loss_type == "bnpo" else torch.ones(len(mask), device=mask.device)
        return float(weights[teaching].sum() / weights.sum().clamp(min=1))

    def _summed(self, sums: torch.Tensor) -> torch.Tensor:
        return self.accelerator.reduce(sums.to(self.accelerator.device), reduction="sum").cpu()


class PairTrainer(WatchedTrainer):
    """Online DPO in GRPO's loop: of both completions of a prompt the one that earned more is the better one.

    The loss is the mean over all prompts of a step, whatever the micro-batch; a prompt whose completions earned the
    same adds nothing to it, and is counted in `frac_reward_zero_std`. TRL's own online DPO trains on ties, and sums
    over micro-batches.
    """

    def __init__(self, *args, **kwargs):
        self._noted: list[torch.Tensor] = []
        kwargs["args"].vllm_importance_sampling_correction = False  # the loss is of pairs, and weighs no tokens
        super().__init__(*args, **kwargs)

    @property
    def _together(self) -> int:
        return 2

    def _policy_loss(self, model, inputs):
        mask = inputs["completion_mask"]
        ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
        attended = torch.cat([inputs["prompt_mask"], mask], dim=1)
        logprobs, entropies, _ = self._get_per_token_logps_and_entropies(
            model, ids, attended, mask.size(1), compute_entropy=True
        )
        gains = ((logprobs - inputs["ref_per_token_logps"]) * mask).sum(dim=1).view(-1, 2)
        better = inputs["advantages"].view(-1, 2).sign()[:, 0]  # 1: the first, -1: the second, 0: a tie
        margins = better * (gains[:, 0] - gains[:, 1])
        losses = -torch.nn.functional.logsigmoid(self.beta * margins) * better.abs()
        untied = margins[better != 0].detach()
        won = (untied > 0).sum() + (untied == 0).sum() / 2
        counts = [mask.sum(), (entropies * mask).sum(), untied.new_tensor(len(untied)), won, untied.sum()]
        self._noted.append(torch.stack([count.detach().float() for count in counts]))
        if self.accelerator.sync_gradients:  # the step's last micro-batch
            self._log_noted()
        return losses.mean() / self.current_gradient_accumulation_steps

    def _log_noted(self) -> None:
        """Log a step's entropy, and over prompts without a tie what DPO logs; all of it over all processes."""
        tokens, entropy, untied, won, margin = self._summed(torch.stack(self._noted).sum(dim=0)).tolist()
        self._noted.clear()
        logged = self._metrics["train"]
        logged["entropy"].append(entropy / tokens)
        if untied:
            logged["rewards/accuracies"].append(won / untied)
            logged["rewards/margins"].append(self.beta * margin / untied)


def greedy(trainer: GRPOTrainer, tokenizer, prompts: Sequence[str], recipe: RolloutRecipe) -> tuple[list[str], int]:
    """Greedy completions of all prompts, shared out over the processes, and how many tokens they took.

    Every process gets all of them. What draws the completions of training answers: vLLM, or else the model.
    """
    accelerator = trainer.accelerator
    share = range(accelerator.process_index, len(prompts), accelerator.num_processes)
    if trainer.use_vllm and prompts:
        answers = _greedy_by_vllm(trainer, tokenizer, prompts, share)
    else:
        answers = _greedy_by_model(trainer, tokenizer, [prompts[i] for i in share], recipe)
    done = [(position, *answer) for position, answer in zip(share, answers, strict=True)]
    everything = sorted(row for rows in processes.gather(done) for row in rows)
    return [text for _, text, _ in everything], sum(tokens for _, _, tokens in everything)


def _greedy_by_vllm(
    trainer: GRPOTrainer, tokenizer, prompts: Sequence[str], share: Sequence[int]
) -> list[tuple[str, int]]:
    """Text and number of tokens of each answer to this process's `share` of the prompts."""
    vllm = trainer.vllm_generation
    vllm.sync_weights()
    # An engine over several GPUs wants as many of each process.
    most = math.ceil(len(prompts) / trainer.accelerator.num_processes)
    asked = [prompts[i] for i in share] + list(prompts[:1]) * (most - len(share))
    temperature, vllm.temperature = vllm.temperature, 0.0
    try:
        _, completions, *_ = vllm.generate(token_ids(tokenizer, asked), images=None, num_generations=1)
    finally:
        vllm.temperature = temperature
    return [(tokenizer.decode(ids, skip_special_tokens=True), len(ids)) for ids in completions[: len(share)]]


def _greedy_by_model(
    trainer: GRPOTrainer, tokenizer, prompts: Sequence[str], recipe: RolloutRecipe
) -> list[tuple[str, int]]:
    """Text and number of tokens of each answer. Sharded weights are gathered for it.

    Random numbers stay what they were: processes that share a group of one prompt must not draw the same completions
    next.
    """
    accelerator = trainer.accelerator
    decoding = Decoding(max_new_tokens=recipe.max_completion_length, batch_size=HELD_OUT_ROWS)
    done: dict[int, tuple[str, int]] = {}
    side, tokenizer.padding_side = tokenizer.padding_side, "left"
    with (
        torch.random.fork_rng([accelerator.device] if accelerator.device.type == "cuda" else []),
        unwrap_model_for_generation(trainer.model_wrapped, accelerator) as model,
        # Processes generate unequal numbers of batches, so none may wait for another: neither at each token
        # (synced_gpus), nor in DeepSpeed's hook before a pass, in which all compare their traces.
        generating_by(model, partial(model.generate, synced_gpus=False)),
        _without_hooks(model),
        accelerator.autocast(),
    ):
        training = model.training
        model.eval()
        for _, batch in local.generate(model, tokenizer, prompts, decoding):
            done |= {position: (made.text, made.completion_tokens) for position, made in batch}
        model.train(training)  # by which the trainer tells whose means it logs
    tokenizer.padding_side = side
    return [done[position] for position in range(len(prompts))]


@contextmanager
def _without_hooks(model: torch.nn.Module) -> Iterator[None]:
    """Within it, nothing is called before the model is."""
    hooks = model._forward_pre_hooks.copy()
    model._forward_pre_hooks.clear()
    try:
        yield
    finally:
        model._forward_pre_hooks.update(hooks)
