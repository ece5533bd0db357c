"""What embeds pictures: models of well-known libraries, imported when they are asked for, and a descriptor.

Every function returns an :class:`Embedder` for ``embed=``: ``fw.embedders.timm("resnet50")``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from feder_widget.embedding import Embedder, as_embedder
from feder_widget.embedding.calls import ImageCall
from feder_widget.embedding.descriptor import WIDTH, describe
from feder_widget.embedding.naming.embedder_name import name_of, without_addresses

__all__ = ["Embedder", "colours_and_edges", "embedder", "open_clip", "timm", "torch"]

DESCRIPTOR_SIDE = 256
"""Longest side of described pictures, in pixels. JPEGs are decoded at a fraction of their size."""

_MODE = ("training",)
"""Attributes of a torch module that do not count here, because it is set to evaluation mode."""


def embedder(embed: Any, embed_text: Any = None, *, name: str | None = None) -> Embedder:
    """Make an embedder of anything that ``embed=`` takes.

    Parameters
    ----------
    embed
        As for :func:`feder_widget.embed`.
    embed_text : optional
        What embeds words into the same space: a function from a list of str to vectors (n, d), or an object
        with ``.encode`` or ``.embed``. By default ``embed`` itself where it has ``.encode``.
    name : str, optional
        By which vectors are kept in a cache; by default the class, the model's own name and a fingerprint of
        code, settings and weights. Give one where the vectors depend on anything else, such as what a server
        answers, and change it whenever they change.

    Returns
    -------
    Embedder
        With ``images(list of PIL images)``, ``texts(list of str)`` (None where there is no text side),
        ``name`` and ``width`` (None before the first vector, where it is not stated).

    Raises
    ------
    TypeError
        If it cannot embed pictures, or ``embed_text`` no words.
    """
    return as_embedder(embed, embed_text, name=name)


def colours_and_edges() -> Embedder:
    """Return a descriptor of colours and edges, 112 numbers by a fixed rule: no model, nothing learnt.

    It needs no download and finds pictures of the same colours in the same places, near copies among them.
    It does not know what a picture shows: use a model for that. See :mod:`feder_widget.embedding.descriptor`.
    """
    return Embedder(
        lambda images, _: describe(images),
        name="feder_widget colours_and_edges 1",
        width=WIDTH,
        side=DESCRIPTOR_SIDE,
    )


def torch(
    model: Any,
    transform: Callable[[Image.Image], Any],
    *,
    texts: Callable[[list[str]], Any] | None = None,
    name: str | None = None,
) -> Embedder:
    """Make an embedder of a torch module and the transform of its pictures.

    Parameters
    ----------
    model : torch.nn.Module
        Takes a batch (n, c, h, w) and returns vectors (n, d). It runs in evaluation mode, without gradients,
        where its weights are.
    transform : callable
        Turns a PIL image into a tensor (c, h, w), or is an image processor of transformers.
    texts, name : optional
        As for :func:`embedder`.

    Raises
    ------
    ImportError
        If torch is not installed.
    """
    _library("torch", "torch")
    call = _tensor_call(model, model, transform)
    made = Embedder(call, name=name or "", texts=texts, is_named=name is not None)
    if not name:
        of_model, of_transform = name_of(model, _MODE), name_of(transform)
        made.name = f"{of_model.text} {of_transform.text} {without_addresses(repr(transform))}"
        made.unread = of_model.unread + of_transform.unread
    return made


def timm(model_name: str, *, pretrained: bool = True, device: Any = None) -> Embedder:
    """Make an embedder of a timm model, such as ``"resnet50"``: its features before the classifier.

    Parameters
    ----------
    model_name : str
    pretrained : bool
        Whether the trained weights are loaded, which timm downloads once.
    device : optional
        Where it runs, such as ``"cuda"``.

    Raises
    ------
    ImportError
        If timm is not installed.
    """
    library = _library("timm", "timm")
    model = library.create_model(model_name, pretrained=pretrained, num_classes=0)
    config = library.data.resolve_model_data_config(model)
    transform = library.data.create_transform(**config, is_training=False)
    made = torch(model if device is None else model.to(device), transform)
    made.name = f"timm {model_name} {name_of(model, _MODE).text} {without_addresses(str(config))}"
    made.unread = ()  # its own name and its weights say it all
    made.width = getattr(model, "num_features", None)
    return made


def open_clip(
    model_name: str = "ViT-B-32", pretrained: str | None = "laion2b_s34b_b79k", *, device: Any = None
) -> Embedder:
    """Make an embedder of an OpenCLIP model, for pictures and words.

    Parameters
    ----------
    model_name, pretrained : str
        As ``open_clip.list_pretrained()`` names them. The weights are downloaded once.
    device : optional
        Where it runs, such as ``"cuda"``.

    Raises
    ------
    ImportError
        If open_clip is not installed.
    """
    library = _library("open_clip", "open_clip_torch")
    model, _, transform = library.create_model_and_transforms(model_name, pretrained=pretrained)
    if device is not None:
        model = model.to(device)
    tokenizer = library.get_tokenizer(model_name)

    def texts(values: list[str]) -> Any:
        return _without_gradients(model, model.encode_text, tokenizer(values))

    return Embedder(
        _tensor_call(model, model.encode_image, transform),
        name=f"open_clip {model_name} {pretrained} {name_of(model, _MODE).text}",
        texts=texts,
    )


def _tensor_call(
    model: Any, method: Callable[[Any], Any], transform: Callable[[Image.Image], Any]
) -> ImageCall:
    """Return the call that transforms pictures and gives them to a method of a torch module."""

    def call(images: Sequence[Image.Image], _: object) -> Any:
        library = _library("torch", "torch")
        batch = library.stack([_pixels(transform(image)) for image in images])
        weights = next(iter(model.parameters()), None)
        return _without_gradients(model, method, batch if weights is None else batch.to(weights.dtype))

    return call


def _without_gradients(model: Any, method: Callable[[Any], Any], batch: Any) -> Any:
    """Call a method of a torch module in evaluation mode, where its weights are; then put its mode back."""
    library = _library("torch", "torch")
    weights = next(iter(model.parameters()), None)
    was_training = model.training
    model.eval()
    try:
        with library.inference_mode():
            return method(batch if weights is None else batch.to(weights.device))
    finally:
        model.train(was_training)


def _pixels(transformed: Any) -> Any:
    """Return the tensor (c, h, w) of one picture."""
    if hasattr(transformed, "keys") and "pixel_values" in transformed:
        library = _library("torch", "torch")
        return library.as_tensor(transformed["pixel_values"][0])
    return transformed


def _library(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"fw.embedders.{module} needs {module}, which cannot be imported ({error}); "
            f"install it: pip install {package}"
        ) from error
