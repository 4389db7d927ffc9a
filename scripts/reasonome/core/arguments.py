"""Parsers and types of arguments that the command lines of several programs share."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

_AS_WRITTEN = argparse.RawDescriptionHelpFormatter
_PATHS = {"answers", "folder", "model", "output"}


def project_parser(description: str | None, *needed: str) -> argparse.ArgumentParser:
    """The parser of a program that finds its files by the configuration and requires the options `needed`."""
    parser = _configured(argparse.ArgumentParser(description=description, formatter_class=_AS_WRITTEN))
    for name in needed:
        parser.add_argument(f"--{name}", type=Path if name in _PATHS else str, required=True)
    return parser


def experiment_parser(description: str | None) -> argparse.ArgumentParser:
    """The parser of a program that reads and writes files in the folder of an experiment's results."""
    parser = argparse.ArgumentParser(description=description, formatter_class=_AS_WRITTEN)
    parser.add_argument("folder", type=Path, help="results/experiments/EXPERIMENT, with plan.json")
    return parser


def command_parser(
    commands: argparse._SubParsersAction,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str | None = None,
) -> argparse.ArgumentParser:
    """The parser of a subcommand that reads the configuration; `description` is the longer help text."""
    about = description or summary
    command = commands.add_parser(name, help=summary, description=about, formatter_class=_AS_WRITTEN)
    command.set_defaults(run=run)
    return _configured(command)


def _configured(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--config", type=Path, default=Path("config"), help="folder of the configuration")
    return parser


def option(setting: str) -> str:
    """The name of a setting's option."""
    return f"--{setting.replace('_', '-')}"


def add_settings(command: argparse.ArgumentParser, fields: Mapping[str, Any], names: Iterable[str]) -> None:
    """Options that are settings by their names; `fields` are those of their pydantic model."""
    for name in names:
        default = "" if fields[name].default is None else f" (default: {fields[name].default})"
        said = f"{fields[name].description}{default}"
        command.add_argument(option(name), action=_Once, default=fields[name].default, help=said)


class _Once(argparse.Action):
    """An option that is refused when it is given a second time, of which argparse would forget the first."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        given = vars(namespace).setdefault("given", set())
        if self.dest in given:
            parser.error(f"{option_string} is given twice, and takes one value")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type of arguments: whole numbers from `least`, and up to `most` if given."""

    def read(text: str) -> int:
        number = int(text) if text.isdecimal() and len(text) < 40 else -1
        if number < least or (most is not None and number > most):
            limit = "" if most is None else f" to {most}"
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {least}{limit}")
        return number

    return read


def add_bootstrap(parser: argparse.ArgumentParser) -> None:
    """The options of the bootstrap, as config may have them."""
    default = "(default: %(default)s)"
    parser.add_argument("--resamples", type=whole(100), default=10_000, help=f"of each interval {default}")
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, help=f"of all that is drawn {default}")
