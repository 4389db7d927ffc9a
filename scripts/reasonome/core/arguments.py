"""Parsers and types of arguments that the command lines of several programs share."""

import argparse
from collections.abc import Callable
from pathlib import Path

import yaml

AS_WRITTEN = argparse.RawDescriptionHelpFormatter
_PATHS = {"model", "output"}


def project_parser(description: str | None, *needed: str) -> argparse.ArgumentParser:
    """The parser of a program that finds its files by the configuration and requires the options `needed`."""
    parser = configured(argparse.ArgumentParser(description=description, formatter_class=AS_WRITTEN))
    for name in needed:
        parser.add_argument(f"--{name}", type=Path if name in _PATHS else str, required=True)
    return parser


def configured(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The parser with the options that say which configuration is read."""
    parser.add_argument("--config", type=Path, default=Path("config"), help="folder of the configuration")
    said = "in place of what config.yaml says; may be given several times"
    parser.add_argument("--set", type=_setting, action="append", default=[], metavar="KEY=VALUE", help=said)
    return parser


def _setting(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"'{text}' has no value: write {key}=VALUE")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise argparse.ArgumentTypeError(f"'{value}' is not valid YAML") from None


def experiment_parser(description: str | None) -> argparse.ArgumentParser:
    """The parser of a program that reads and writes files in the folder of an experiment's results."""
    parser = argparse.ArgumentParser(description=description, formatter_class=AS_WRITTEN)
    parser.add_argument("folder", type=Path, help="results/experiments/EXPERIMENT, with plan.json")
    return parser


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type of arguments: whole numbers from `least`, and up to `most` if given."""

    def read(text: str) -> int:
        number = int(text) if text.isdecimal() and len(text) < 40 else -1
        if number < least or (most is not None and number > most):
            limit = "" if most is None else f" to {most}"
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {least}{limit}")
        return number

    return read


SEED = whole(0, 2**63 - 1)


def add_seed(parser: argparse.ArgumentParser) -> None:
    """The option of the seed, as config may have it."""
    parser.add_argument("--seed", type=SEED, default=0, help="of all that is drawn (default: %(default)s)")
