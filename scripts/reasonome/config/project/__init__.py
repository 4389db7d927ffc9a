"""A project: everything under one config folder, read from YAML, validated, its cross-references checked."""

from reasonome.config.project.project import Project

__all__ = ["Project"]
