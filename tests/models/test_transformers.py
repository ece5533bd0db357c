"""Real models of transformers, small and with random weights, which the tests make: ``make test-models``."""

import numpy as np
import pytest
from PIL import Image

import feder_widget as fw

torch = pytest.importorskip("torch", reason="make test-models installs it")
transformers = pytest.importorskip("transformers", reason="make test-models installs it")

WIDTH = 32
SIDE = 32


@pytest.fixture(autouse=True)
def offline(tmp_path, monkeypatch):
    """Keep the tests off the network and out of the user's own cache."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))


def save_model(folder, seed=0):
    """Write a vision transformer of 32 numbers with random weights, and the processor of its pictures."""
    torch.manual_seed(seed)
    config = transformers.ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=SIDE,
        patch_size=8,
    )
    transformers.ViTModel(config).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(24):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        coarse.resize((60, 50), Image.Resampling.BICUBIC).save(folder / f"{number:02}.png")
    return sorted(folder.iterdir())


def hidden_states(model_folder, photos):
    """Return the last hidden states and the pooled output, as transformers itself computes them."""
    model = transformers.ViTModel.from_pretrained(model_folder).eval()
    processor = transformers.ViTImageProcessor.from_pretrained(model_folder)
    with torch.inference_mode():
        returned = model(**processor([Image.open(path) for path in photos], return_tensors="pt"))
    return returned.last_hidden_state.numpy(), returned.pooler_output.numpy()


def test_a_pipeline_is_explored_and_asked_with_a_picture(model_folder, photos):
    pipeline = transformers.pipeline("image-feature-extraction", model=str(model_folder))
    tokens, _ = hidden_states(model_folder, photos)
    vectors = fw.embed(photos, pipeline, batch_size=7, progress=False)
    np.testing.assert_allclose(vectors, tokens.mean(1), atol=1e-4)
    w = fw.explore(photos, pipeline, nlist=4, progress=False)
    assert w.search(photos[9]) == "Row 9 is this picture."


def test_a_pooling_pipeline_returns_one_vector_each(model_folder, photos):
    pipeline = transformers.pipeline("image-feature-extraction", model=str(model_folder), pool=True)
    _, pooled = hidden_states(model_folder, photos)
    np.testing.assert_allclose(fw.embed(photos, pipeline, progress=False), pooled, atol=1e-4)


def test_a_module_with_its_processor_is_embedded_and_its_weights_name_it(model_folder, photos, tmp_path):
    model = transformers.ViTModel.from_pretrained(model_folder)
    processor = transformers.ViTImageProcessor.from_pretrained(model_folder)
    _, pooled = hidden_states(model_folder, photos)
    embedder = fw.embedders.torch(model.train(), processor)
    np.testing.assert_allclose(fw.embed(photos, embedder, progress=False), pooled, atol=1e-4)
    assert model.training
    again = fw.embedders.torch(transformers.ViTModel.from_pretrained(model_folder), processor)
    assert again.name == embedder.name
    other = transformers.ViTModel.from_pretrained(save_model(tmp_path / "other", seed=1))
    assert fw.embedders.torch(other, processor).name != embedder.name


def test_a_function_over_hidden_states_is_refused_until_it_pools(model_folder, photos):
    model = transformers.ViTModel.from_pretrained(model_folder).eval()
    processor = transformers.ViTImageProcessor.from_pretrained(model_folder)

    def states(images):
        return model(**processor(images, return_tensors="pt")).last_hidden_state

    with pytest.raises(fw.EmbedderError, match="17 vectors per picture, not one"):
        fw.embed(photos, states, progress=False)
    tokens, _ = hidden_states(model_folder, photos)
    # A tensor that requires grad.
    vectors = fw.embed(photos, lambda images: states(images)[:, 0], progress=False)
    np.testing.assert_allclose(vectors, tokens[:, 0], atol=1e-4)
    half = fw.embed(photos, lambda images: states(images)[:, 0].to(torch.bfloat16), progress=False)
    np.testing.assert_allclose(half, tokens[:, 0], atol=0.05)


def test_a_pipeline_keeps_its_name_while_it_is_used_and_changes_it_with_a_setting(model_folder, photos):
    def made(**settings):
        return transformers.pipeline("image-feature-extraction", model=str(model_folder), **settings)

    pipeline = made()
    before = fw.embedders.embedder(pipeline).name
    fw.embed(photos, pipeline, cache=False, progress=False)
    assert fw.embedders.embedder(pipeline).name == before == fw.embedders.embedder(made()).name
    assert fw.embedders.embedder(made(pool=True)).name != before
    pipeline.image_processor.size = {"height": 16, "width": 16}
    assert fw.embedders.embedder(pipeline).name != before


def test_what_a_module_does_not_keep_in_its_weights_names_it_too():
    class Net(torch.nn.Module):
        def __init__(self, stride):
            super().__init__()
            torch.manual_seed(0)
            self.parts = torch.nn.ModuleDict({"conv": torch.nn.Conv2d(3, 8, 3, stride=stride)})

        def forward(self, batch):
            return self.parts["conv"](batch).mean((2, 3))

    def name(stride):
        net = Net(stride)
        return fw.embedders.embedder(lambda images: net(images)).name

    assert name(1) == name(1) != name(2)
