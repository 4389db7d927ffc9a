"""Subcommands of `reasonome`, a module each: `add(commands)` tells argparse about it."""
