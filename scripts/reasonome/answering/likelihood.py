"""How likely a model finds texts that begin alike, and candidates ranked by it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from os.path import commonprefix
from time import monotonic

import torch

from reasonome.answering.engine import Completion, batches, token_ids
from reasonome.answering.local import cache_can_be_copied


def ranked(
    model,
    tokenizer,
    prompts: Sequence[str],
    openings: Sequence[Mapping[str, str]],
    completion: Callable[[Sequence[str]], str],
    batch_size: int,
    skip: Collection[int],
) -> Iterator[tuple[int, list[tuple[int, Completion]]]]:
    """As `engine.completions`: of each prompt the `completion` that lists its candidates, the likeliest first.

    `openings` has for each prompt how a completion begins that names a candidate first. A candidate is as likely as
    its opening: the sum of the log-probabilities of all its tokens, so that longer names have no advantage, and no name
    gains by beginning another. Of equally likely ones the prompt's order decides.
    """
    ids = token_ids(tokenizer, prompts)
    for number, batch in enumerate(batches([len(one) for one in ids], batch_size)):
        if number in skip:
            continue
        found = []
        for place in batch:
            started = monotonic()
            rows = token_ids(tokenizer, [prompts[place] + opening for opening in openings[place].values()])
            shared = len(commonprefix([ids[place], *rows]))
            sums = [sum(row) for row in token_logprobs(model, tokenizer.pad_token_id, rows, shared)]
            best = sorted(zip(openings[place], sums, strict=True), key=lambda one: -one[1])
            text = completion([name for name, _ in best])
            seconds = round(monotonic() - started, 3)
            found.append((place, Completion(text, "stop", len(ids[place]), 0, round(best[0][1], 4), seconds)))
        yield number, found


def token_logprobs(model, pad: int, rows: Sequence[Sequence[int]], shared: int) -> list[list[float]]:
    """The log-probabilities (nats) of the tokens of each row behind the first `shared` ones, which all rows begin with.

    These pass through once, where the model's cache can be copied.
    """
    rest = [row[shared:] for row in rows]
    width = max(map(len, rest))
    ids = torch.full((len(rest), width), pad)
    mask = torch.zeros(len(rest), shared + width, dtype=torch.long)
    for place, row in enumerate(rest):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : shared + len(row)] = 1
    ids, mask = ids.to(model.device), mask.to(model.device)
    begin = torch.tensor([rows[0][:shared]], device=model.device)
    with torch.no_grad():  # in inference mode, weights that zero3 gathers and keeps could not be trained any more
        logits = _logits_behind(model, begin, ids, mask)
    chosen = torch.log_softmax(logits.float(), -1).gather(2, ids[..., None])[..., 0].tolist()
    return [values[: len(row)] for values, row in zip(chosen, rest, strict=True)]


def _logits_behind(model, begin: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The logits of each of `ids` (texts × tokens) behind `begin` (1 × tokens); `mask` is of both."""
    if not cache_can_be_copied(model):
        whole = torch.cat([begin.expand(len(ids), -1), ids], dim=1)
        return model(input_ids=whole, attention_mask=mask, use_cache=False).logits[:, begin.shape[1] - 1 : -1]
    begun = model(input_ids=begin, use_cache=True)
    begun.past_key_values.batch_repeat_interleave(len(ids))
    went_on = model(input_ids=ids, attention_mask=mask, past_key_values=begun.past_key_values, use_cache=True)
    return torch.cat([begun.logits[:, -1:].expand(len(ids), -1, -1), went_on.logits[:, :-1]], dim=1)
