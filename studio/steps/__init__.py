"""The steps of every run: seen, measured, compared, and taken again."""

from studio.steps.runs import Steps

__all__ = ["Steps"]
