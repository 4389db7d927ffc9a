"""A vLLM server on GPUs of its own, which draws completions and is sent the weights after each step."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.training import processes

# Facts of a machine, not of a recipe, so they come from the environment of the job.
HOST, PORT, GROUP_PORT = "REASONOME_VLLM_HOST", "REASONOME_VLLM_PORT", "REASONOME_VLLM_GROUP_PORT"
_WAIT_SECONDS = 10.0
_START = (
    "VLLM_SERVER_DEV_MODE=1 vllm serve {model} --host 0.0.0.0 --port {port} --logprobs-mode processed_logprobs "
    """--weight-transfer-config '{{"backend": "nccl"}}'"""
)


def address() -> dict[str, str | int]:
    """Trainer arguments of the server's address; InputError without one."""
    if not (host := os.environ.get(HOST)):
        raise InputError(
            f"rollouts 'vllm-server' need the address of a server in {HOST} (and {PORT}, 8000 if not set)",
            field="rollouts",
            fix=f"export {HOST}=<node> {PORT}=<port> in the job, or use `rollouts: vllm-colocate`",
        )
    ports = {"vllm_server_port": _port(PORT, 8000), "vllm_group_port": _port(GROUP_PORT, 51216)}
    return {"vllm_mode": "server", "vllm_server_host": host, **ports}


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable, str(default))
    if not text.isdigit():
        raise InputError(f"{variable} is '{text}', which is no number", fix=f"export {variable}={default}")
    return int(text)


def check(parent_model: Path) -> None:
    """InputError unless the server answers, takes weights, and reports log-probabilities as drawn from.

    The first process alone asks; others may have no way to the server.
    """
    if not processes.is_first():
        return
    server = address()
    base = f"http://{server['vllm_server_host']}:{server['vllm_server_port']}"
    start = _START.format(model=parent_model, port=server["vllm_server_port"])
    _ask(f"{base}/health", start)
    information = json.loads(_ask(f"{base}/server_info?config_format=json", start))
    mode = information["vllm_config"]["model_config"]["logprobs_mode"]
    if mode != "processed_logprobs":
        what = f"the vLLM server at {base} reports {mode}, which cannot be compared with the trainer's"
        raise InputError(what, field="rollouts", fix=start)


def _ask(url: str, start: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_WAIT_SECONDS) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        what = f"the vLLM server answers {error.code} to {url}: it cannot take weights while it runs"
        raise InputError(what, field="rollouts", fix=f"start it with: {start}") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"no vLLM server can be reached at {url}: {error}",
            field="rollouts",
            fix=f"start it with: {start}; where a proxy is set, add the host to NO_PROXY",
        ) from None
