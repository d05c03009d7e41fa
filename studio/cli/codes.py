"""What a command ends with, for scripts to read."""

DONE, FAILED, WRONG, STOPPED = 0, 1, 2, 130
"""All made; something failed or differs; the wish itself is wrong; stopped with Ctrl+C."""
