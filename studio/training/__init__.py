"""Training of palette, the built-in model; start with `python -m studio.training.palette --help`."""
