"""Start a training program on the processes that a job has: one, one per GPU, or several nodes of a SLURM job.

python scripts/launch.py --nodes 1 --processes 0 --cpus 8 --sharding zero2 scripts/train.py …/manifest.job.json
"""

import argparse
import sys

from reasonome.core.errors import run_program
from reasonome.training import launcher


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1, help="more than one: inside a SLURM job")
    parser.add_argument("--processes", type=int, default=0, help="on each node; 0: one per GPU, one without GPUs")
    parser.add_argument("--cpus", type=int, default=1, help="of each node, shared out among its processes")
    parser.add_argument("--gpus", type=int, help="of each node, at most (default: all that are visible)")
    parser.add_argument("--sharding", choices=launcher.SHARDINGS, default="none")
    parser.add_argument("--store", help=argparse.SUPPRESS)  # host:port; given by the launcher to those on each node
    parser.add_argument("program", help="a Python program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the program")
    args = parser.parse_args()
    program = (args.program, *args.arguments)
    launch = launcher.Launch(args.nodes, args.processes, args.cpus, args.sharding, program, args.gpus)
    if args.nodes == 1:
        return launcher.run_on_this_node(launch)
    return launcher.run_one_of_nodes(launch, args.store) if args.store else launcher.run_on_nodes(launch, sys.argv)


if __name__ == "__main__":
    run_program(main)
