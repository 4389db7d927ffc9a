"""Subcommands of `reasonome`, a module each: `add(commands)` adds its parser, `run(args)` runs it."""
