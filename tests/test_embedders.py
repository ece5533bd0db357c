"""What people embed with: told apart by what it does, its output checked, its name for caches."""

# ruff: noqa: ARG005  (the signatures of stand-ins are those of the originals)

import functools
import os
import subprocess
import sys
import types

import numpy as np
import pytest
from embedder_stand_ins import (
    WIDTH,
    Counting,
    FastEmbed,
    FastEmbedText,
    FiveEmbeds,
    ImgBeddings,
    Pipeline,
    SentenceTransformer,
    Tensor,
    folder_of,
    picture,
    vector_of,
    words,
)
from PIL import Image

import feder_widget as fw
from feder_widget.embedding.descriptor import describe

IMAGES = [picture(seed) for seed in range(5)]
WANTED = np.stack([vector_of(image) for image in IMAGES])


def stacked(images):
    return np.stack([vector_of(image) for image in images])


KINDS = {
    "function": stacked,
    "float64": lambda images: stacked(images).astype(np.float64),
    "half": lambda images: stacked(images).astype(np.float16),
    "generator": lambda images: (vector_of(image) for image in images),
    "list of rows": lambda images: [vector_of(image).tolist() for image in images],
    "tensor": lambda images: Tensor(stacked(images)),
    "tensors": lambda images: [Tensor(vector_of(image)) for image in images],
    "one row each": lambda images: [vector_of(image)[None] for image in images],
    "pooled maps": lambda images: stacked(images)[:, :, None, None],
    "output": lambda images: FiveEmbeds(stacked(images)),
    "sentence-transformers": SentenceTransformer(),
    "fastembed": FastEmbed(),
    "imgbeddings": ImgBeddings(),
    "pipeline, pooled": Pipeline(None),
    "pipeline, tokens": Pipeline(7),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_returns_the_same_vectors(kind):
    embedder = fw.embedders.embedder(KINDS[kind])
    vectors = embedder.images(IMAGES)
    assert vectors.dtype == np.float32
    assert vectors.flags.owndata
    np.testing.assert_allclose(vectors, WANTED, atol=1e-3)
    np.testing.assert_allclose(embedder.images(IMAGES[:1]), WANTED[:1], atol=1e-3)
    assert embedder.width == WIDTH
    assert embedder.images([]).shape == (0, WIDTH)


def test_fastembed_reads_files_itself_unless_they_show_something_else(tmp_path):
    read = []

    class Recording(FastEmbed):
        def embed(self, images, **options):
            read.extend(images)
            yield from super().embed(images, **options)

    paths = folder_of(tmp_path / "photos", 3)
    turned = paths[1].with_suffix(".jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1).save(turned, exif=exif)
    vectors = fw.embed([paths[0], turned, picture(2)], Recording(), cache=False, progress=False)
    assert read[0] == str(paths[0])
    assert str(turned) not in read
    np.testing.assert_allclose(
        vectors[1], vector_of(picture(1).transpose(Image.Transpose.ROTATE_270)), atol=0.05
    )
    np.testing.assert_array_equal(vectors[2], vector_of(picture(2)))


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda images: stacked(images)[:-1], "one vector for each of 5 inputs, got 4"),
        (lambda _: np.zeros((5, 50, 8)), r"shape \(5, 50, 8\): 50 vectors per picture.*class token"),
        (lambda images: [np.zeros((50, 8)) for _ in images], "50 vectors per picture, not one"),
        (lambda _: np.zeros((5, 64, 7, 7)), "64 vectors per picture"),
        (lambda _: np.zeros(5), "one number per picture"),
        (lambda _: np.zeros((5, 0)), "vectors of no numbers"),
        (lambda _: 3.0, "one number"),
        (lambda _: [np.zeros(3)] * 4 + [np.zeros(4)], "different shapes"),
        (lambda _: [[1.0], [1.0, 2.0], [1.0], [1.0], [1.0]], "different shapes"),
        (lambda _: None, r"embed: it returned None; wanted vectors \(n, d\)"),
        (lambda _: ["a"] * 5, "embed: it returned <U1, no real numbers"),
        (lambda _: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda _: np.full((5, 3), 1e300), "NaN or infinite"),
    ],
)
def test_anything_but_one_finite_vector_for_each_is_refused_in_words(returned, message):
    embedder = fw.embedders.embedder(returned)
    with pytest.raises(fw.EmbedderError, match=message) as caught:
        embedder.images(IMAGES, titles=["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"])
    assert "a.jpg" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_nan_is_reported_for_the_pictures_at_fault_only():
    vectors = WANTED.copy()
    vectors[3, 2] = np.nan
    with pytest.raises(fw.EmbedderError, match=r"NaN or infinite values, wanted finite ones; for d\.jpg$"):
        fw.embedders.embedder(lambda _: vectors).images(IMAGES, titles=["a", "b", "c", "d.jpg", "e"])


def test_a_width_that_changes_is_refused():
    widths = iter([12, 12, 8])
    embedder = fw.embedders.embedder(lambda images: np.ones((len(images), next(widths))))
    embedder.images(IMAGES)
    embedder.images(IMAGES)
    with pytest.raises(fw.EmbedderError, match="vectors of 8 numbers, wanted 12"):
        embedder.images(IMAGES)


class Module:
    """A torch module, to those who look."""

    def forward(self, batch):
        return batch

    def parameters(self):
        return iter(())

    __call__ = forward


@pytest.mark.parametrize(
    ("embed", "message"),
    [
        ("resnet50", r"fw\.embedders\.timm\('resnet50'\)"),
        (SentenceTransformer, "the class SentenceTransformer, not one of its objects"),
        (Module(), r"fw\.embedders\.torch\(model, transform\)"),
        (42, "got int"),
        (None, "got NoneType"),
    ],
)
def test_what_embeds_nothing_is_refused_at_the_door(embed, message):
    with pytest.raises(TypeError, match=message):
        fw.embed(IMAGES, embed)


def test_words_are_embedded_where_the_object_or_a_second_one_can():
    assert fw.embedders.embedder(stacked).texts is None
    assert fw.embedders.embedder(FastEmbed()).texts is None
    for embedder in (
        fw.embedders.embedder(SentenceTransformer()),
        fw.embedders.embedder(FastEmbed(), FastEmbedText()),
        fw.embedders.embedder(stacked, lambda texts: Tensor(np.stack([words(text) for text in texts]))),
        fw.embedders.embedder(fw.embedders.embedder(stacked), SentenceTransformer()),
        fw.embedders.embedder(stacked, fw.embedders.embedder(SentenceTransformer())),
    ):
        np.testing.assert_allclose(embedder.texts(["a red one", "blue"]), [words("red"), words("blue")])
    narrow = fw.embedders.embedder(SentenceTransformer(), lambda texts: np.ones((len(texts), 5)))
    with pytest.raises(
        fw.EmbedderError, match=r"embed_text: it returned vectors of 5 numbers, wanted 12.*'red'"
    ):
        narrow.texts(["red"])
    with pytest.raises(TypeError, match="embed_text must embed words"):
        fw.embedders.embedder(stacked, fw.embedders.embedder(stacked))
    with pytest.raises(TypeError, match="embed_text must be a function"):
        fw.embedders.embedder(stacked, 3)


def test_a_width_that_is_stated_is_known_before_the_first_vector():
    assert fw.embedders.embedder(SentenceTransformer()).width == WIDTH
    assert fw.embedders.embedder(stacked).width is None
    counted = Counting()
    assert fw.embedders.embedder(counted).find_width() == WIDTH
    assert len(counted.embedded) == 1


# Names


class Weights:
    """A model whose weights can be read."""

    def __init__(self, seed):
        self._weights = np.random.default_rng(seed).normal(size=(50, 7)).astype(np.float32)

    def state_dict(self):
        return {"layer.weight": self._weights}

    def encode(self, images):
        return np.ones((len(images), 3))


def scaled(scale):
    return lambda images: stacked(images) * scale


def test_equal_embedders_have_one_name_and_others_another():
    def name(embed):
        return fw.embedders.embedder(embed).name

    assert name(Weights(0)) == name(Weights(0)) != name(Weights(1))
    assert name(scaled(2.0)) == name(scaled(2.0)) != name(scaled(3.0))
    assert name(functools.partial(scaled, 2.0)) != name(functools.partial(scaled, 3.0))
    assert name(lambda images: stacked(images)) != name(lambda images: stacked(images)[:, ::-1])
    model, other = Weights(0), Weights(1)
    assert name(lambda images: model.encode(images)) != name(lambda images: other.encode(images))
    assert name(model.encode) != name(other.encode)
    named = (
        types.SimpleNamespace(encode=stacked, model_name="clip-a"),
        types.SimpleNamespace(encode=stacked, model_name="clip-b"),
    )
    assert "clip-a" in name(named[0])
    assert name(named[0]) != name(named[1])


def name_in(source, **variables):
    """Return the name of ``embed``, as a module of this source defines it."""
    exec(source, variables)
    return fw.embedders.embedder(variables["embed"]).name


@pytest.mark.parametrize(
    "source",
    [
        "embed = lambda images: [helper(image) for image in images]",
        "embed = lambda images: list(map(lambda image: helper(image), images))",
        "def embed(images):\n    def inner(image): return helper(image)\n    return [inner(images[0])]",
        "class Own:\n    def encode(self, images): return helper(images)\nembed = Own()",
        (
            "class Own:\n    def encode(self, images): return self.part(images)\n"
            "    def part(self, images): return helper(images)\nembed = Own()"
        ),
        "class Own:\n    def embed(self, images): return [helper(image) for image in images]\nembed = Own()",
        (
            "class Own:\n    def state_dict(self): return {}\n"
            "    def to_embeddings(self, images): return helper(images)\nembed = Own()"
        ),
        (
            "class Own:\n    def __init__(self): self.steps = [helper]\n"
            "    def __call__(self, images): return self.steps[0](images)\nembed = Own()"
        ),
        "def embed(images, *, step=helper): return step(images)",
        (
            "class Own:\n    def run(self, images): return helper(images)\n"
            "own = Own()\nembed = lambda images: own.run(images)"
        ),
        (
            "class Part:\n    def run(self, images): return helper(images)\n"
            "class Own:\n    def __init__(self): self.part = Part()\n"
            "    def encode(self, images): return self.part.run(images)\nembed = Own().encode"
        ),
    ],
)
def test_an_edit_in_code_that_an_embedder_leads_to_changes_its_name(source):
    before = name_in(source, helper=lambda image: image + 1)
    assert name_in(source, helper=lambda image: image + 1) == before
    assert name_in(source, helper=lambda image: image + 2) != before


@pytest.mark.parametrize("method", ["encode", "embed", "to_embeddings", "__call__"])
def test_an_edit_of_an_objects_method_changes_its_name(method):
    source = "class Own:\n    def {}(self, images): return images[::{}]\nembed = Own()"
    assert name_in(source.format(method, 1)) == name_in(source.format(method, 1))
    assert name_in(source.format(method, 1)) != name_in(source.format(method, 2))


def test_processes_give_an_embedder_one_name():
    script = """
import sys, types
import feder_widget as fw

sys.modules["torch"] = types.ModuleType("torch")

class Transform:
    steps = [lambda image: image]
    def __repr__(self):
        return f"Transform({self.steps[0]!r})"
    def __call__(self, image):
        return image if image.mode in {"RGB", "L", "RGBA", "CMYK", "LAB"} else None

class Model:
    def state_dict(self):
        return {}

print(fw.embedders.torch(Model(), Transform()).name)
"""

    def name(seed):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return run.stdout

    assert name("1") == name("2")
    assert "0x" not in name("3")


def test_an_embedder_keeps_its_name_while_it_counts_calls():
    counted = Counting()
    before = fw.embedders.embedder(counted).name
    counted(IMAGES)
    counted.seconds, counted.is_loaded = 1.5, True
    assert fw.embedders.embedder(counted).name == before
    seen = []
    embed = lambda images: seen.append(images) or stacked(images)  # noqa: E731
    before = fw.embedders.embedder(embed).name
    embed(IMAGES)
    assert fw.embedders.embedder(embed).name == before


def test_a_name_that_is_given_counts():
    assert fw.embedders.embedder(stacked, name="mine 3").name == "mine 3"
    again = fw.embedders.embedder(fw.embedders.embedder(stacked), name="mine 4")
    assert again.name == "mine 4"
    np.testing.assert_array_equal(again.images(IMAGES), WANTED)


# Libraries


@pytest.mark.parametrize(
    ("make", "package"),
    [
        (lambda: fw.embedders.torch(Module(), lambda image: image), "torch"),
        (lambda: fw.embedders.timm("resnet50"), "timm"),
        (lambda: fw.embedders.open_clip(), "open_clip_torch"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_what_installs_it(make, package, monkeypatch):
    for module in ("torch", "timm", "open_clip"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        make()


class FakeTorch(types.ModuleType):
    """The three functions of torch that are used, over tensors that are stand-ins."""

    def __init__(self):
        super().__init__("torch")
        self.without_gradients = 0

    def stack(self, tensors):
        return Batch(np.stack([each.values for each in tensors]))

    def inference_mode(self):
        self.without_gradients += 1
        return _Nothing()


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


class Batch(Tensor):
    def to(self, *_):
        return self


class Parameter:
    device, dtype = "cpu", "float32"


class Model:
    """A model with an image and a text side, which must be in evaluation mode."""

    num_features = WIDTH

    def __init__(self):
        self.training = True

    def eval(self):
        return self.train(False)

    def train(self, mode=True):
        self.training = mode
        return self

    def parameters(self):
        return iter([Parameter()])

    def state_dict(self):
        return {}

    def forward(self, batch):
        assert not self.training
        return Tensor(batch.values)

    __call__ = encode_image = forward

    def encode_text(self, tokens):
        assert not self.training
        return Tensor(np.stack([words(text) for text in tokens.values]))


def transform(image):
    return Tensor(vector_of(image))


class Texts:
    def __init__(self, values):
        self.values = values

    def to(self, _):
        return self


def test_torch_modules_run_in_evaluation_mode_without_gradients(monkeypatch):
    library = FakeTorch()
    monkeypatch.setitem(sys.modules, "torch", library)
    model = Model()
    embedder = fw.embedders.torch(model, transform)
    np.testing.assert_allclose(embedder.images(IMAGES), WANTED)
    assert model.training
    assert library.without_gradients == 1


def test_timm_models_come_without_their_classifier_and_with_their_transform(monkeypatch):
    asked = {}

    def create_model(name, **options):
        asked.update(options, name=name)
        return Model()

    data = types.SimpleNamespace(
        resolve_model_data_config=lambda model: {"input_size": (3, 224, 224)},
        create_transform=lambda input_size, is_training: transform if not is_training else None,
    )
    monkeypatch.setitem(sys.modules, "torch", FakeTorch())
    monkeypatch.setitem(sys.modules, "timm", types.SimpleNamespace(create_model=create_model, data=data))
    embedder = fw.embedders.timm("resnet50")
    assert asked == {"name": "resnet50", "pretrained": True, "num_classes": 0}
    assert embedder.width == WIDTH
    assert "resnet50" in embedder.name
    np.testing.assert_allclose(embedder.images(IMAGES), WANTED)


def test_open_clip_embeds_pictures_and_words(monkeypatch):
    library = types.SimpleNamespace(
        create_model_and_transforms=lambda name, pretrained: (Model(), None, transform),
        get_tokenizer=lambda name: Texts,
    )
    monkeypatch.setitem(sys.modules, "torch", FakeTorch())
    monkeypatch.setitem(sys.modules, "open_clip", library)
    embedder = fw.embedders.open_clip("ViT-B-32", "laion2b")
    np.testing.assert_allclose(embedder.images(IMAGES), WANTED)
    np.testing.assert_allclose(embedder.texts(["green"]), [words("green")])


# The descriptor


def test_the_descriptor_is_112_finite_numbers_of_any_picture():
    shapes = [(1, 1), (300, 2), (64, 64), (17, 400)]
    pictures = [picture(1, size) for size in shapes] + [Image.new("RGB", (9, 9)), Image.new("L", (9, 9), 255)]
    vectors = fw.embedders.colours_and_edges().images(pictures)
    assert vectors.shape == (6, fw.embedders.colours_and_edges().width)
    assert np.isfinite(vectors).all()
    assert (np.linalg.norm(vectors, axis=1) > 0.1).all()


def test_the_descriptor_of_a_picture_does_not_depend_on_its_batch():
    np.testing.assert_allclose(describe(IMAGES)[2], describe(IMAGES[2:3])[0], rtol=1e-5, atol=1e-6)


def smooth(seed, size=(96, 96)):
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def test_near_copies_are_nearer_than_other_pictures():
    originals = [smooth(seed) for seed in range(30)]
    copies = [
        smooth(seed).resize((60, 60)).rotate(2, fillcolor=(128, 128, 128)).point(lambda v: min(255, v + 8))
        for seed in range(30)
    ]
    first, second = describe(originals), describe(copies)
    distances = np.linalg.norm(first[:, None] - second[None], axis=2)
    np.testing.assert_array_equal(distances.argmin(1), np.arange(30))


def test_the_descriptor_tells_edges_apart_where_colours_do_not():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[::16] = stripes[1::16] = stripes[2::16] = stripes[3::16] = 255
    stripes[8::16] = stripes[9::16] = stripes[10::16] = stripes[11::16] = 255
    lying, standing = describe([Image.fromarray(stripes), Image.fromarray(stripes.transpose(1, 0, 2).copy())])
    edges = slice(80, 112)
    assert np.abs(lying[edges] - standing[edges]).max() > 1
    np.testing.assert_allclose(lying[64:80], standing[64:80], atol=0.1)


def test_hues_are_told_apart_and_greys_from_them():
    flat = describe(
        [Image.new("RGB", (64, 64), colour) for colour in ("red", "lime", "blue", "gray", "white")]
    )
    colours = flat[:, 64:80]
    assert len({int(row.argmax()) for row in colours}) == 5
    assert (colours[:3].argmax(1) < 12).all()
    assert (colours[3:].argmax(1) >= 12).all()
