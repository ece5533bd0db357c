"""A real CLIP in sentence-transformers, small and with random weights, for pictures and words."""

import json

import numpy as np
import pytest
from PIL import Image

import feder_widget as fw

pytest.importorskip("torch", reason="make test-models installs it")
transformers = pytest.importorskip("transformers", reason="make test-models installs it")
sentence_transformers = pytest.importorskip("sentence_transformers", reason="make test-models installs it")

WIDTH = 16
SIDE = 32
VOCABULARY = ["<|startoftext|>", "<|endoftext|>", "a", "r", "e", "d", "re", "a</w>", "d</w>", "red</w>"]


def save_clip(folder):
    """Write a CLIP of 16 numbers with random weights, its tokenizer and the processor of its pictures."""
    words = folder / "words"
    words.mkdir(parents=True)
    (words / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(VOCABULARY)}))
    (words / "merges.txt").write_text("#version: 0.2\nr e\nre d</w>\n")
    tokenizer = transformers.CLIPTokenizer(str(words / "vocab.json"), str(words / "merges.txt"))
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    text = {
        "vocab_size": len(VOCABULARY),
        "max_position_embeddings": 20,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    }
    config = transformers.CLIPConfig(
        text_config={**small, **text},
        vision_config={**small, "image_size": SIDE, "patch_size": 8},
        projection_dim=WIDTH,
    )
    pictures = transformers.CLIPImageProcessor(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    transformers.CLIPModel(config).save_pretrained(folder / "clip")
    transformers.CLIPProcessor(pictures, tokenizer).save_pretrained(folder / "clip")
    return folder / "clip"


# Its names for modules change from version to version, with warnings.
@pytest.mark.filterwarnings("ignore")
def test_pictures_and_words_are_queries(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from sentence_transformers.models import CLIPModel

    model = sentence_transformers.SentenceTransformer(modules=[CLIPModel(str(save_clip(tmp_path)))])
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)) for _ in range(20)]
    w = fw.explore(pictures, model, cache=tmp_path / "kept", progress=False)
    assert w.embedder.width == WIDTH
    # It has been set to evaluation mode meanwhile, and has looked up how its model is called.
    assert fw.embedders.embedder(model).name == w.embedder.name
    assert w.search(pictures[3]) == "Row 3 is this picture."
    w.search("a red")
    np.testing.assert_allclose(w.history[-1].vector, model.encode("a red"), atol=1e-5)
