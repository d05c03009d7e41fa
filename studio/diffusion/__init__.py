"""The algorithms, as generators and small functions. Knows no queue, no page, no file."""
