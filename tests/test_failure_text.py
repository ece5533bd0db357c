"""Errors as the page is told of them."""

import numpy as np
import pytest

from feder_widget import IndexChangedError, WorkerError
from feder_widget.session.failure_text import failure_text


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt(), "interrupted", "interrupted from the keyboard; ask again"),
        (IndexChangedError("the index has changed"), "changed", "the index has changed"),
        (ValueError("k: 0 is below 1"), "invalid", "k: 0 is below 1"),
        (WorkerError("a worker ended"), "invalid", "a worker ended"),
        (FileNotFoundError(2, "No such file", "/home/me/a.npy"), "invalid", "No such file: a.npy"),
        (RuntimeError("odd"), "internal", "RuntimeError: odd"),
        (
            MemoryError(),
            "invalid",
            "the kernel has too little memory for this; a smaller k or nprobe takes less",
        ),
    ],
)
def test_an_error_is_told_by_code_and_words(error: BaseException, code: str, text: str) -> None:
    assert failure_text(error) == (code, text)


def test_memory_that_numpy_cannot_have_is_told_with_its_size() -> None:
    with pytest.raises(MemoryError) as refused:
        np.empty(1 << 60, np.float32)
    code, text = failure_text(refused.value)
    assert code == "invalid"
    assert text.startswith("the kernel has too little memory for this; a smaller k or nprobe takes less (")
    assert "4.00 EiB" in text
