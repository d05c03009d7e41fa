"""The runner: answers the questions of one batch with one forward pass, and survives what goes wrong in it.

Out of memory halves the rows a pass may have and is tried again; any other failure of a shared pass
is tried again job by job, so that only the guilty one fails.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from studio.core.errors import InternalError, NumericalError, OutOfMemory, StudioError
from studio.diffusion.guidance import guided
from studio.diffusion.questions import Attend, Attention, Decode, Encode, Model, Question, Words
from studio.engine.batch import BatchKey

log = logging.getLogger(__name__)

CPU_CELLS, GPU_CELLS = 16 * 256, 64 * 4096
"""Latent cells in one pass to begin with; beyond this a pass gets longer without getting cheaper per row."""

MAX_ROWS = 1 << 20

ONE_BY_ONE = {"words": 32, "encode": 2, "attend": 2}
"""Kinds that are answered one after the other anyway, and how many before others get their turn."""

GOOD_PASSES = 50
"""Passes without running out of memory after which more rows are tried again."""

MAX_CONTEXTS = 256
"""Prompt encodings kept."""


@dataclass(slots=True)
class Answers:
    """Answers to the questions of one batch, in their order: a value, or the error that this job alone gets.

    Attributes:
        values: One per question; an exception where the job fails, None where it must ask again.
        smaller: The pass ran out of memory and the cap was lowered to this many rows.
    """

    values: list[Any]
    smaller: int | None = None


@dataclass(slots=True)
class Runner:
    """Answers batches. Lives on the device's thread.

    Attributes:
        caps: Rows per pass, lowered where memory ran out.
    """

    caps: dict[BatchKey, int] = field(default_factory=dict)
    _contexts: dict[tuple[str, Words], Any] = field(default_factory=dict)
    _good: Counter[BatchKey] = field(default_factory=Counter)

    def cap(self, key: BatchKey) -> int:
        """Most rows a pass of this key may have."""
        if key.kind in ONE_BY_ONE:
            return ONE_BY_ONE[key.kind]
        return min(self.caps.get(key, MAX_ROWS), self._usual(key))

    def _usual(self, key: BatchKey) -> int:
        cells = (GPU_CELLS if torch.cuda.is_available() else CPU_CELLS) // key.area
        return max(cells // 4 if key.kind == "decode" else cells, 1)

    def answer(self, key: BatchKey, model: Model, questions: Sequence[Any]) -> Answers:
        """Answer questions of one key together."""
        together: dict[str, Callable[[Model, Sequence[Any]], list[Any]]] = {
            "words": self._words,
            "denoise": self._denoise,
            "decode": self._decode,
            "encode": self._encode,
            "attend": self._attend,
        }
        act = together[key.kind]
        if key.kind in ONE_BY_ONE:
            return Answers([self._alone(act, model, question) for question in questions])
        if self.caps.get(key) == 1 and len(questions) == 1 and getattr(questions[0], "rows", 1) > 1:
            return Answers([self._row_by_row(model, questions[0])])
        try:
            answers = Answers(act(model, questions))
        except Exception as error:
            out_of_memory = _out_of_memory(error)
        else:
            self._recover(key)
            return answers
        # Out of the handler: while an exception is being handled, the tensors of the failed pass are alive.
        if out_of_memory:
            return self._with_less(key, model, questions)
        return Answers([self._alone(act, model, question) for question in questions])

    def _with_less(self, key: BatchKey, model: Model, questions: Sequence[Any]) -> Answers:
        """Lower the cap and have everyone ask again; a job that fails alone, fails."""
        _free_memory()
        rows = sum(getattr(question, "rows", 1) for question in questions)
        if rows == 1:
            return Answers([_no_room()])
        self.caps[key] = rows // 2
        self._good[key] = 0
        log.warning("out of memory at %d rows of %s; now %d", rows, key, rows // 2)
        if len(questions) > 1:
            return Answers([None] * len(questions), smaller=rows // 2)
        return Answers([self._row_by_row(model, questions[0])], smaller=1)

    def _recover(self, key: BatchKey) -> None:
        """After many good passes try twice the rows again: what took the memory may be gone."""
        if key not in self.caps:
            return
        self._good[key] += 1
        if self._good[key] >= GOOD_PASSES:
            self._good[key] = 0
            self.caps[key] *= 2
            if self.caps[key] >= self._usual(key):
                del self.caps[key]

    def _row_by_row(self, model: Model, question: Question) -> Any:
        """A guided question in two passes of one row."""
        out_of_memory = False
        try:
            under, against = (
                self._pass(model, question.x, [question.t], [context])
                for context in (question.words, question.against)
            )
        except Exception as error:
            out_of_memory = _out_of_memory(error)
            failure = InternalError.logged(log, "a pass failed") if not out_of_memory else None
        else:
            answer = guided(under, against, question.guidance_scale)
            return answer if torch.isfinite(answer).all() else _not_numbers(question)
        return failure or _no_room()

    def _alone(self, act: Callable[..., list[Any]], model: Model, question: Any) -> Any:
        try:
            return act(model, [question])[0]
        except StudioError as error:
            return error
        except Exception as error:
            if _out_of_memory(error):
                return _no_room()
            return InternalError.logged(log, "answering a %s failed", type(question).__name__)

    def _words(self, model: Model, questions: Sequence[Words]) -> list[Any]:
        answers = []
        for words in questions:
            key = (model.name, words)
            if key not in self._contexts:
                while len(self._contexts) >= MAX_CONTEXTS:
                    del self._contexts[next(iter(self._contexts))]
                self._contexts[key] = model.encode(words)
            answers.append(self._contexts[key])
        return answers

    def _denoise(self, model: Model, questions: Sequence[Question]) -> list[Any]:
        x, t, contexts = [], [], []
        for question in questions:
            for context in (question.words, question.against)[: question.rows]:
                x.append(question.x)
                t.append(question.t)
                contexts.append(context)
        rows = self._pass(model, torch.cat(x), t, contexts)
        answers = []
        at = 0
        for question in questions:
            against = rows[at + 1 : at + 2] if question.rows == 2 else None
            answers.append(guided(rows[at : at + 1], against, question.guidance_scale))
            at += question.rows
        finite = torch.isfinite(torch.cat(answers).flatten(1)).all(1).tolist()
        return [
            answer if good else _not_numbers(question)
            for answer, good, question in zip(answers, finite, questions, strict=True)
        ]

    def _decode(self, model: Model, questions: Sequence[Decode]) -> list[Any]:
        return list(model.decode(torch.cat([question.x for question in questions])))

    def _encode(self, model: Model, questions: Sequence[Encode]) -> list[Any]:
        return [model.encode_picture(question.x) for question in questions]

    def _attend(self, model: Model, questions: Sequence[Attend]) -> list[Attention]:
        answers = [model.attention(ask.x, ask.t, ask.words) for ask in questions]
        for answer in answers:
            if not all(torch.isfinite(maps).all() for maps in answer.maps.values()):
                raise NumericalError(
                    "There is no word map at this step: the model's attention is not a number.",
                    hint="Choose another step.",
                )
        return answers

    @staticmethod
    def _pass(model: Model, x: Tensor, t: list[float], contexts: Sequence[Any]) -> Tensor:
        return model.denoise(x, torch.tensor(t), contexts)


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def _free_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _no_room() -> OutOfMemory:
    return OutOfMemory(
        "There is not enough memory for this picture.",
        hint="Choose a smaller size or a smaller model.",
    )


def _not_numbers(question: Question) -> NumericalError:
    return NumericalError(
        "The model lost its way at step {step} of {total}: its answer is not a number.",
        hint="Lower the guidance or choose another sampler or seed.",
        step=question.index + 1,
        total=question.total,
    )
