"""Atelier: an art studio in which every step of diffusion can be seen and steered.

Importing this package loads neither torch nor gradio; the public names below arrive on first use.
"""

__version__ = "0.1.0"
