"""What may share a forward pass. Pure: no torch, no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchKey:
    """What must be equal for two questions to be answered together.

    Seed, steps, sampler, prompt, guidance and timestep are not here: they are per row.

    Attributes:
        kind: "words", "encode", "denoise", "attend" or "decode".
        model: Name of the model's card.
        shape: Shape of the latent, or of the pixels to encode, without the batch dimension; empty for words.
    """

    kind: str
    model: str
    shape: tuple[int, ...] = ()

    @property
    def area(self) -> int:
        """Latent cells (or pixels) per row; the unit of work."""
        return self.shape[-1] * self.shape[-2] if self.shape else 1


@dataclass(slots=True)
class Seat:
    """A job as the scheduler sees it.

    Attributes:
        id: Names the job.
        owner: Whose job it is.
        arrival: Counts up; lower came earlier.
        key: What its open question may be answered with.
        rows: Rows its question takes in a forward pass.
        cost: Work of answering it, rows x latent cells.
        step: Work of one of the job's steps; the measure of how far ahead its owner may be.
        fresh: It is a picture, and has not finished its first step yet.
    """

    id: str
    owner: str
    arrival: int
    key: BatchKey
    rows: int
    cost: float
    step: float
    fresh: bool = True
