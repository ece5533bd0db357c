"""What people embed with → one way to call it, told apart by what it does."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

Images = Sequence[Image.Image]
Paths = Sequence["Path | None"]

ImageCall = Callable[[Images, Paths], Any]
"""Pictures, and the file of each where there is one → whatever the embedder returns."""

TextCall = Callable[[list[str]], Any]

_WANTED = (
    "a function from a list of PIL images to vectors (n, d), an object with .encode, .embed or "
    ".to_embeddings, an image-feature-extraction pipeline, or one of fw.embedders"
)
_WIDTHS = ("embedding_size", "get_embedding_dimension", "get_sentence_embedding_dimension")


def image_call(embed: Any) -> ImageCall:
    """Return the call that embeds pictures.

    Raises
    ------
    TypeError
        If it can embed no pictures.
    """
    _refuse_unusable(embed, "embed")
    if callable(getattr(embed, "encode", None)):
        return lambda images, _: _with_options(embed.encode, list(images))
    if callable(getattr(embed, "to_embeddings", None)):
        return lambda images, _: embed.to_embeddings(list(images))
    if callable(getattr(embed, "embed", None)):
        return lambda images, paths: _embed_files(embed.embed, images, paths)
    if callable(embed):
        return lambda images, _: _with_options(embed, list(images))
    raise TypeError(f"embed must be {_WANTED}; got {type(embed).__name__}")


def text_call(embed: Any, embed_text: Any) -> TextCall | None:
    """Return the call that embeds words; None where there is none.

    ``embed`` itself embeds words if it has ``.encode``.

    Raises
    ------
    TypeError
        If ``embed_text`` is given and cannot embed words.
    """
    if embed_text is None:
        encode = getattr(embed, "encode", None)
        return None if not callable(encode) else lambda texts: _with_options(encode, texts)
    _refuse_unusable(embed_text, "embed_text")
    for name in ("encode", "embed"):
        method = getattr(embed_text, name, None)
        if callable(method):
            return lambda texts: _with_options(method, texts)
    if callable(embed_text):
        return lambda texts: embed_text(texts)
    raise TypeError(
        "embed_text must be a function from a list of str to vectors (n, d), or an object with .encode or "
        f".embed; got {type(embed_text).__name__}"
    )


def stated_width(embed: Any) -> int | None:
    """Return the width of the vectors as the embedder itself states it; None where it does not."""
    for name in _WIDTHS:
        value = getattr(embed, name, None)
        try:
            value = value() if callable(value) else value
        except Exception:  # a caller's object may raise anything
            continue
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def _refuse_unusable(value: Any, argument: str) -> None:
    if isinstance(value, str):
        raise TypeError(
            f"{argument} must be {_WANTED}; got the name {value!r}; "
            f"try fw.embedders.timm({value!r}) or fw.embedders.open_clip({value!r})"
        )
    if isinstance(value, type):
        raise TypeError(
            f"{argument} must be {_WANTED}; got the class {value.__name__}, not one of its objects"
        )
    is_module = callable(getattr(value, "forward", None)) and callable(getattr(value, "parameters", None))
    if is_module and not callable(getattr(value, "encode", None)):
        raise TypeError(
            f"{argument} is a torch module, which takes tensors; "
            "pass fw.embedders.torch(model, transform) with the transform from a PIL image"
        )


def _with_options(function: Callable[..., Any], values: list[Any]) -> Any:
    """Call with one batch, and no progress bar of its own, as far as the function has such options."""
    options = {"batch_size": len(values), "show_progress_bar": False}
    try:
        known = set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        known = set()
    if isinstance(getattr(function, "task", None), str):
        # A pipeline of transformers passes its options on; without this one it takes pictures one by one.
        known.add("batch_size")
    return function(values, **{name: value for name, value in options.items() if name in known})


def _embed_files(function: Callable[..., Any], images: Images, paths: Paths) -> Any:
    """Call with files: the pictures' own where these hold what is shown, else temporary ones."""
    with tempfile.TemporaryDirectory(prefix="feder-widget-") as folder:
        files = []
        for place, (image, path) in enumerate(zip(images, paths, strict=True)):
            if path is None or not _is_stored_as_shown(path, image):
                path = Path(folder) / f"{place}.png"
                image.save(path, compress_level=1)
            files.append(str(path))
        # Here, while the files are there: what it returns may be a generator.
        return list(_with_options(function, files))


def _is_stored_as_shown(path: Path, image: Image.Image) -> bool:
    """Return whether a reader that ignores turns, profiles and transparency sees the same picture."""
    try:
        with Image.open(path) as stored:
            return (
                stored.mode == "RGB"
                and stored.size == image.size
                and "icc_profile" not in stored.info
                and "transparency" not in stored.info
                and stored.getexif().get(0x0112, 1) == 1
            )
    except Exception:  # Pillow raises anything on hostile files
        return False
