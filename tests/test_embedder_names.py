"""Names of embedders: another one for all that changes vectors, the same for what merely keeps records."""

import os
import subprocess
import sys
import types
from pathlib import Path

import faiss
import numpy as np
import pytest
from embedder_stand_ins import Counting, picture
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline as Steps
from sklearn.preprocessing import StandardScaler

import feder_widget as fw

IMAGES = [picture(seed) for seed in range(3)]


def name(embed):
    embedder = fw.embedders.embedder(embed)
    assert embedder.unread == ()
    return embedder.name


def name_in(source, **variables):
    """Return the name of ``embed``, as a module of this source defines it."""
    exec(source, variables)
    return name(variables["embed"])


CHANGES = {
    "a method of a callable class": (
        "class Own:\n    def __call__(self, images): return images * {}\nembed = Own()"
    ),
    "an attribute of a class": (
        "class Own:\n    size = {}\n    def __call__(self, images): return images * self.size\nembed = Own()"
    ),
    "an attribute of a base class": (
        "class Base:\n    size = {}\nclass Own(Base):\n"
        "    def __call__(self, images): return images * self.size\nembed = Own()"
    ),
    "a flag of an object": (
        "class Own:\n    def __init__(self): self.flag = {} > 1\n"
        "    def __call__(self, images): return images if self.flag else -images\nembed = Own()"
    ),
    "a number that getattr reads": (
        "class Own:\n    def __init__(self): self.size_1 = {}\n"
        "    def __call__(self, images, n='1'): return images * getattr(self, 'size_' + n)\nembed = Own()"
    ),
    "a method that getattr calls": (
        "class Own:\n    def step_1(self, images): return images * {}\n"
        "    def __call__(self, images, n='1'): return getattr(self, 'step_' + n)(images)\nembed = Own()"
    ),
    "a method that Python calls": (
        "class Table:\n    def __getitem__(self, key): return key * {}\n"
        "table = Table()\nembed = lambda images: table[images]"
    ),
    "a class that is made": (
        "class Net:\n    def __init__(self): self.size = {}\n    def run(self, images): return self.size\n"
        "embed = lambda images: Net().run(images)"
    ),
    "a number of the module": "SIZE = {}\nembed = lambda images: images * SIZE",
    "a number of a closure": "def make(size): return lambda images: images * size\nembed = make({})",
    "a default": "def embed(images, size={}): return images * size",
    "a default by name": "def embed(images, *, size={}): return images * size",
    "a partial": "import functools\nembed = functools.partial(lambda images, size: images * size, size={})",
    "an attribute of a function": "def embed(images): return images * embed.size\nembed.size = {}",
    "a property": (
        "class Own:\n    @property\n    def size(self): return {}\n"
        "    def __call__(self, images): return images * self.size\nembed = Own()"
    ),
    "a decorator": (
        "import functools\ndef times(f):\n    @functools.wraps(f)\n    def inner(x): return f(x) * {}\n"
        "    return inner\n@times\ndef embed(images): return images"
    ),
    "what a decorator wraps": (
        "import functools\n@functools.lru_cache\ndef embed(images): return images * {}"
    ),
    "settings in a dict": (
        "SETTINGS = {{'size': ({}, 3)}}\nembed = lambda images: images * SETTINGS['size'][0]"
    ),
    "the order of steps": (
        "steps = [abs, len] if {} > 1 else [len, abs]\nembed = lambda images: [s(images) for s in steps]"
    ),
    "settings in a namespace": (
        "import types\ncfg = types.SimpleNamespace(size={})\nembed = lambda images: images * cfg.size"
    ),
    "a data class": (
        "import dataclasses\n@dataclasses.dataclass\nclass Settings:\n    size: int\n"
        "cfg = Settings({})\nembed = lambda images: images * cfg.size"
    ),
    "an object of slots": (
        "class Own:\n    __slots__ = ('size',)\n    def __init__(self): self.size = {}\n"
        "    def __call__(self, images): return images * self.size\nembed = Own()"
    ),
    "one number of a short array": (
        "import numpy as np\nmean = np.zeros(1000)\nmean[777] = {}\nembed = lambda images: images - mean"
    ),
    "one number of whole numbers": (
        "import numpy as np\nkept = np.zeros(1000, int)\nkept[777] = {}\nembed = lambda images: images[kept]"
    ),
    "a path": "import pathlib\nfile = pathlib.Path('model-{}')\nembed = lambda images: open(file)",
    "a member of an enumeration": (
        "import enum\nclass Mode(enum.Enum):\n    A = {}\nmode = Mode.A\n"
        "embed = lambda images: images * mode.value"
    ),
    "a helper deep within": (
        "".join(f"def f{i}(x): return f{i + 1}(x)\n" for i in range(20))
        + "def f20(x): return x * {}\nembed = lambda images: f0(images)"
    ),
    "which class an object has": (
        "class A:\n    def __call__(self, x): return x\nclass B:\n    def __call__(self, x): return -x\n"
        "steps = [A(), B(), A() if {} > 1 else B()]\nembed = lambda images: [s(images) for s in steps]"
    ),
    "a method that a library calls": (
        "import json\nclass Own(json.JSONEncoder):\n    def default(self, x): return {}\n"
        "    def __call__(self, images): return super().encode(images)\nembed = Own()"
    ),
    "what a library holds": (
        "from sklearn.pipeline import Pipeline\nclass Scale:\n    def __init__(self): self.size = {}\n"
        "    def apply(self, x): return x * self.size\n"
        "pipeline = Pipeline([('scale', Scale())])\nembed = lambda images: pipeline.transform(images)"
    ),
    "what adds to a list when it is built": (
        "class Own:\n    def __init__(self):\n        self.sizes = []\n        self.sizes.append({})\n"
        "    def __call__(self, images): return images * self.sizes[0]\nembed = Own()"
    ),
    "what a method adds to from outside": (
        "class Own:\n    size = 1\n    def grow(self, by): self.size += by\n"
        "    def __call__(self, images): return images * self.size\nembed = Own()\nembed.grow({})"
    ),
}


@pytest.mark.parametrize("source", CHANGES.values(), ids=CHANGES)
def test_what_changes_vectors_changes_the_name(source):
    assert name_in(source.format(1)) == name_in(source.format(1))
    assert name_in(source.format(1)) != name_in(source.format(2))


RECORDS = {
    "a count": "self.calls += 1",
    "a count that is read": "self.calls += 1; print(self.calls)",
    "a count in full": "self.calls = self.calls + 1",
    "a time": "self.seconds += time.monotonic() - self.start",
    "the last time": "self.start = time.monotonic()",
    "what it saw": "self.seen.append(images)",
    "what it saw by key": "self.known[len(images)] = images",
    "counts by key": "self.counts['all'] += 1",
    "a set": "self.known_lengths.add(len(images))",
    "a variable of the module": "global total; total += 1",
    "a list of the module": "log.append(len(images))",
    "counts of the module": "statistics['calls'] += 1",
    "an attribute of another object": "other.calls += 1",
    "a count of the class": "type(self).everyone += 1",
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_what_an_embedder_keeps_a_record_of_leaves_its_name_alone(record):
    source = f"""
import time, types, collections
total, log, statistics, other = 0, [], collections.Counter(), types.SimpleNamespace(calls=0)
class Own:
    everyone = 0
    def __init__(self):
        self.calls, self.seconds, self.start = 0, 0.0, time.monotonic()
        self.seen, self.known, self.counts, self.known_lengths = [], {{}}, {{"all": 0}}, set()
    def __call__(self, images):
        {record}
        return images
embed = Own()
"""
    variables = {}
    exec(source, variables)
    embed = variables["embed"]
    # A moment that other code reads is no mere record.
    embed.start = 0.0
    before = name(embed)
    embed(IMAGES)
    if "seconds" in record:
        embed.start = 0.0
    assert name(embed) == before


def test_variables_of_a_notebook_that_are_called_like_those_of_a_function_do_not_count():
    source = (
        "def embed(images):\n    found = [image for image in images]\n"
        "    return [each.size for i, each in enumerate(found)]\n"
    )
    before = name_in(source)
    assert name_in(source, images=IMAGES, image=IMAGES[0], found=3, i=7, each="b", size=9) == before
    reading = "def embed(images): return images * globals()['SIZE']"
    assert name_in(reading, SIZE=1) != name_in(reading, SIZE=2)


def test_functions_in_a_list_that_code_adds_to_still_count():
    source = (
        "class Own:\n    def __init__(self, step): self.steps = [step]\n"
        "    def __call__(self, images): self.steps.append(3); return self.steps[0](images)\n"
        "embed = Own(helper)"
    )
    assert name_in(source, helper=lambda x: x + 1) != name_in(source, helper=lambda x: x + 2)


# Modules


@pytest.fixture
def helpers(tmp_path, monkeypatch):
    """Import modules of the user's anew, from files."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")

    def write(**sources):
        for module, source in sources.items():
            (tmp_path / f"{module.replace('__', '/')}.py").write_text(source)
        for module in [name for name in sys.modules if name.split(".")[0] in {"helpers", "parts", "late"}]:
            monkeypatch.delitem(sys.modules, module)

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return write


@pytest.mark.parametrize(
    "source",
    [
        "import helpers\nembed = lambda images: helpers.preprocess(images)",
        "import helpers as h\nembed = lambda images: [h.preprocess(image) for image in images]",
        "import helpers\nembed = lambda images: helpers.outer(images)",
        "import helpers\nembed = lambda images: images * helpers.SIZE",
        "import helpers\nembed = lambda images: getattr(helpers, 'pre' + 'process')(images)",
        "import parts.inner\nembed = lambda images: parts.inner.preprocess(images)",
        "def embed(images):\n    import late\n    return late.preprocess(images)",
        "def embed(images):\n    from late import preprocess\n    return preprocess(images)",
        "def embed(images):\n    from parts import inner\n    return inner.preprocess(images)",
        (
            "__package__ = 'parts'\ndef embed(images):\n    from . import inner\n"
            "    return inner.preprocess(images)"
        ),
        (
            "__package__ = 'parts'\ndef embed(images):\n    from .inner import preprocess as p\n"
            "    return p(images)"
        ),
        (
            "import helpers\nclass Own:\n    def __call__(self, images): return helpers.preprocess(images)\n"
            "embed = Own()"
        ),
    ],
)
def test_an_edit_in_a_module_of_the_users_changes_the_name(source, helpers):
    def named(number):
        code = (
            f"SIZE = {number}\ndef preprocess(x): return x * {number}\ndef outer(x): return preprocess(x)\n"
        )
        helpers(helpers=code, late=code, parts__inner=code)
        return name_in(source)

    first = named(1)
    assert named(1) == first != named(2)


def test_what_an_embedder_does_not_use_of_a_module_leaves_its_name_alone(helpers):
    def named(number):
        helpers(helpers=f"SIZE = {number}\ndef preprocess(x): return x\ndef other(x): return x * {number}\n")
        return name_in("import helpers\nembed = lambda images: helpers.preprocess(images)")

    assert named(1) == named(2)


def test_modules_that_import_each_other_come_to_an_end(helpers):
    helpers(
        helpers="import late\ndef f(x): return late.g(x)\n",
        late="import helpers\ndef g(x): return helpers.f(x)",
    )
    assert name_in("import helpers\nembed = lambda images: helpers.f(images)")


@pytest.mark.parametrize("form", ["constant", "attribute", "path"])
def test_a_file_of_weights_that_is_written_anew_changes_the_name(form, tmp_path):
    file = tmp_path / "projection.npy"

    class Own:
        weights = file if form == "path" else str(file)

        def __call__(self, images):
            return images @ np.load(self.weights)

    source = f"import numpy as np\nembed = lambda images: images @ np.load({str(file)!r})"

    def named(seed):
        if seed is not None:
            np.save(file, np.random.default_rng(seed).normal(size=(4, seed)))
        return name_in(source) if form == "constant" else name(Own())

    first = named(3)
    assert first == named(None) != named(4)


# Models within collections


class Weights:
    def __init__(self, seed):
        self._weights = np.random.default_rng(seed).normal(size=(50, 7)).astype(np.float32)

    def state_dict(self):
        return {"layer.weight": self._weights}

    def encode(self, images):
        return np.ones((len(images), 3))


@pytest.mark.parametrize(
    "held",
    [
        lambda model: [("scale", 1), ("model", model)],
        lambda model: {"parts": [model]},
        lambda model: ((((model,),),),),
        lambda model: {"a": {"b": {"c": [{"d": model}]}}},
        lambda model: types.SimpleNamespace(parts=[("model", model)]),
        lambda model: {model},
    ],
)
def test_a_model_in_a_collection_counts(held):
    class Own:
        def __init__(self, seed):
            self.steps = held(Weights(seed))

        def __call__(self, images):
            return self.steps, images

    assert name(Own(0)) == name(Own(0)) != name(Own(1))
    first, same, other = (held(Weights(seed)) for seed in (0, 0, 1))
    functions = [lambda images, steps=steps: (steps, images) for steps in (first, same, other)]
    assert name(functions[0]) == name(functions[1]) != name(functions[2])


def pixels(images):
    return np.stack([np.asarray(image.resize((4, 4)), np.float32).reshape(-1) for image in images])


def test_a_pipeline_of_scikit_learn_is_named_by_what_it_has_learnt():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(40, 48))

    def fitted(shift=0.0, components=5):
        steps = Steps([("scale", StandardScaler()), ("pca", PCA(components, svd_solver="full"))])
        return steps.fit(data + shift * np.arange(48))

    def embedder(steps):
        return lambda images: steps.transform(pixels(images))

    def within(steps):
        class Own:
            def __call__(self, images):
                return self.steps.transform(pixels(images))

        own = Own()
        own.steps = steps
        return own

    for made in (embedder, within):
        steps = made(fitted())
        before = name(steps)
        steps(IMAGES)
        assert name(steps) == before == name(made(fitted()))
        assert before != name(made(fitted(shift=1e-3)))
        assert before != name(made(fitted(components=4)))
        changed = fitted()
        changed.named_steps["scale"].with_mean = False
        assert before != name(made(changed))


def test_what_leads_back_to_itself_has_a_name():
    class Node:
        def __init__(self, size):
            self.size, self.parts = size, [self]

        def __call__(self, images):
            return self.parts[0].size, images

    assert name(Node(1)) == name(Node(1)) != name(Node(2))
    endless = []
    endless.append(endless)
    assert name(lambda images: endless and images)


# What cannot be looked into


def test_vectors_of_an_embedder_that_cannot_be_looked_into_are_not_kept(tmp_path):
    numbers = (number for number in range(100))

    def embed(images):
        return np.full((len(images), 3), next(numbers))

    for number in range(2):
        with pytest.warns(
            UserWarning, match=r"holds builtins\.generator, which cannot be looked into"
        ) as caught:
            vectors = fw.embed(IMAGES, embed, cache=tmp_path / "kept", progress=False)
        assert len(caught) == 1
        assert "fw.embedders.embedder(embed, name=" in str(caught[0].message)
        assert caught[0].filename == __file__
        np.testing.assert_array_equal(vectors, np.full((3, 3), number))
    assert not (tmp_path / "kept").exists()
    named = fw.embedders.embedder(embed, name="mine")
    first = fw.embed(IMAGES, named, cache=tmp_path / "kept", progress=False)
    np.testing.assert_array_equal(fw.embed(IMAGES, named, cache=tmp_path / "kept", progress=False), first)


def test_an_object_of_a_library_is_read_or_said_to_be_unreadable():
    def named(seed):
        matrix = faiss.PCAMatrix(48, 4)
        matrix.train(np.random.default_rng(seed).normal(size=(100, 48)).astype(np.float32))
        return fw.embedders.embedder(lambda images: matrix.apply(pixels(images)))

    assert named(0).unread
    index = faiss.IndexFlatL2(3)
    before = name(lambda images: index.search(images, 1))
    index.add(np.ones((1, 3), np.float32))
    assert name(lambda images: index.search(images, 1)) != before


def test_a_large_vocabulary_is_looked_at_as_a_whole():
    def named(number):
        words = {f"word {i}": i for i in range(300_000)} | {"word 7": number}
        return name(lambda images: [words[image] for image in images])

    assert named(7) == named(7) != named(8)


def test_what_a_library_cannot_show_counts_as_read_where_it_was_made_from_a_path():
    class Session:
        """Such as that of ONNX."""

        def __init__(self, path):
            self.path, self.handle = path, iter_of_nothing()

    def iter_of_nothing():
        yield from ()

    def embedder(path):
        session = Session(path)
        return fw.embedders.embedder(lambda images: (session, images))

    assert embedder("a").unread
    Session.__module__ = "numpy.stand_in"
    assert embedder("a").unread == ()
    named = [embedder(path).name for path in ("a", "a", "b")]
    assert named[0] == named[1] != named[2]
    # A path beside it says nothing of what is in a list with it, or further inside.
    steps = Steps([("pca", faiss.PCAMatrix(4, 2))])
    assert fw.embedders.embedder(lambda images: steps.transform(images)).unread


def test_more_values_than_can_be_looked_at_are_said_to_be_too_many(monkeypatch):
    monkeypatch.setattr("feder_widget.embedding.naming.value_marks.MOST_VALUES", 100)
    many = [[number] for number in range(200)]
    assert fw.embedders.embedder(lambda images: (many, images)).unread


def test_an_object_that_raises_when_it_is_looked_at_costs_the_cache_alone():
    class Lazy:
        def state_dict(self):
            raise RuntimeError("no weights yet")

    lazy = Lazy()
    assert fw.embedders.embedder(lambda images: (lazy.state_dict, images)).unread == (
        "what raises RuntimeError",
    )


def test_an_embedder_of_feder_widget_within_another_gives_it_its_name():
    inner = [fw.embedders.embedder(Counting(), name=text) for text in ("a", "a", "b")]
    made = [lambda images, part=part: part.images(images) * 2 for part in inner]
    before = name(made[0])
    made[0](IMAGES)
    assert before == name(made[0]) == name(made[1]) != name(made[2])


# Processes

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_embedder_names import *
from embedder_stand_ins import FastEmbed, ImgBeddings, Pipeline, SentenceTransformer
import logging, functools, re, threading, collections
log = logging.getLogger("mine")
lock = threading.Lock()
NAMES = {{"a", "b", "c", "d"}}
WORDS = re.compile("a|b")
def function(images):
    with lock:
        log.info("%s", len(images))
    return [image for image in images if image.mode in NAMES and WORDS.match(image.mode)]
model = [("a", Weights(0)), ("b", {{"c": collections.OrderedDict(d=Weights(1))}})]
steps = Steps([("scale", StandardScaler()), ("pca", PCA(2, svd_solver="full"))])
steps.fit(np.arange(60.0).reshape(10, 6) ** 2)
for embed in (
    function, lambda images: function(images) * 2, functools.partial(function), Weights(0).encode,
    SentenceTransformer(), Pipeline(None), Pipeline(7), FastEmbed(), ImgBeddings(), Counting(),
    lambda images: model[0][1].encode(images), lambda images: steps.transform(images),
):
    print(name(embed))
"""


def test_processes_give_every_kind_of_embedder_one_name():
    def names(seed):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        script = SCRIPT.format(folder=str(Path(__file__).parent))
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return run.stdout.splitlines()

    first = names("1")
    assert first == names("2")
    assert len(set(first)) == len(first) == 12
