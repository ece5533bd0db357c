"""Stand-ins that return exactly what well-known embedders return, and pictures to embed."""

# ruff: noqa: ARG002  (their signatures are those of the originals)

from __future__ import annotations

import numpy as np
from PIL import Image

WIDTH = 12


def vector_of(image):
    """Return float32 (12,): the mean colours of the quarters of a picture."""
    small = np.asarray(image.convert("RGB").resize((2, 2), Image.Resampling.BOX), np.float32)
    return small.reshape(-1) / 255 + 0.01


class Tensor:
    """What torch returns: NumPy gets at it only once it is detached, on the CPU and no bfloat16."""

    def __init__(self, values, *, grad=True, device="cuda", dtype="bfloat16"):
        self.values, self.grad, self.device, self.dtype = np.asarray(values, np.float32), grad, device, dtype

    def _changed(self, **changes):
        return Tensor(
            self.values, **{"grad": self.grad, "device": self.device, "dtype": self.dtype, **changes}
        )

    def detach(self):
        return self._changed(grad=False)

    def cpu(self):
        return self._changed(device="cpu")

    def float(self):
        return self._changed(dtype="float32")

    def __array__(self, dtype=None, copy=None):
        if self.grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        if self.device != "cpu":
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")
        if self.dtype == "bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.values


class Counting:
    """A function of pictures that counts what it embeds, and is interrupted where told to."""

    def __init__(self, interrupt_after=None):
        self.embedded = []
        self.batches = []
        self.interrupt_after = interrupt_after

    def __call__(self, images):
        if self.interrupt_after is not None and len(self.embedded) >= self.interrupt_after:
            raise KeyboardInterrupt
        assert all(image.mode == "RGB" for image in images)
        self.batches.append(len(images))
        self.embedded.extend(image.tobytes() for image in images)
        return np.stack([vector_of(image) for image in images])


class SentenceTransformer:
    """``encode`` takes pictures or texts, with a bar unless told otherwise, and returns an array."""

    def get_sentence_embedding_dimension(self):
        return WIDTH

    def encode(self, sentences, batch_size=32, show_progress_bar=None, convert_to_numpy=True):
        assert show_progress_bar is False
        assert isinstance(sentences, list)
        return np.stack([words(each) if isinstance(each, str) else vector_of(each) for each in sentences])


class FastEmbed:
    """``embed`` takes paths and returns a generator, which opens the files as it goes."""

    def embed(self, images, batch_size=256, parallel=None, **kwargs):
        for path in images:
            assert isinstance(path, str)
            with Image.open(path) as image:
                yield vector_of(image)


class FastEmbedText:
    """``embed`` takes texts and returns a generator."""

    def embed(self, documents, batch_size=256, parallel=None, **kwargs):
        return (words(each) for each in documents)


class ImgBeddings:
    """``to_embeddings`` takes pictures and returns an array (n, d)."""

    def to_embeddings(self, inputs, return_format="np"):
        return np.stack([vector_of(image) for image in inputs])


class Pipeline:
    """An image-feature-extraction pipeline: per picture a nested list, [[d]] pooled, else [[tokens x d]]."""

    task = "image-feature-extraction"

    def __init__(self, tokens):
        self.tokens = tokens

    def __call__(self, inputs, **kwargs):
        assert kwargs == {"batch_size": len(inputs)}
        if self.tokens is None:
            return [[vector_of(image).tolist()] for image in inputs]
        spread = np.arange(self.tokens)[:, None] - (self.tokens - 1) / 2
        return [[(vector_of(image) + spread).tolist()] for image in inputs]


class FiveEmbeds:
    """A transformers output of a model with a text side."""

    def __init__(self, values):
        self.image_embeds = Tensor(values)
        self.last_hidden_state = Tensor(values[:, None].repeat(5, 1))


def words(text):
    """Return float32 (12,): the colour that is named, in all quarters."""
    colours = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
    found = [colour for name, colour in colours.items() if name in text]
    return np.tile(np.asarray(found[0] if found else (0.5, 0.5, 0.5), np.float32), 4) + np.float32(0.01)


def picture(seed, size=(40, 30)):
    """Return a picture of four smooth quarters."""
    small = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.NEAREST)


def folder_of(folder, count, first=0):
    """Write ``count`` pictures as PNG files, and return their paths."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:04}.png" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        picture(number).save(path)
    return paths
