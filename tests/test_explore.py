"""From a folder to the widget, pictures and words as queries, and rows that never shift."""

import io
import random
import threading

import faiss
import numpy as np
import pandas as pd
import pytest
from embedder_stand_ins import (
    WIDTH,
    Counting,
    FastEmbedText,
    Pipeline,
    SentenceTransformer,
    folder_of,
    picture,
    vector_of,
)
from makers import make_ivf
from PIL import Image

import feder_widget as fw


@pytest.fixture(autouse=True)
def platform_cache(tmp_path, monkeypatch):
    """Keep the tests out of the user's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))


def explore(images, embed=None, **options):
    return fw.explore(images, embed, **{"progress": False, "metric": "l2", **options})


def test_one_line_leads_from_a_folder_to_the_widget(tmp_path):
    paths = folder_of(tmp_path / "photos", 60)
    w = explore(str(tmp_path / "**" / "*.png"), Counting())
    assert w.index.ntotal == 60
    assert w.index.dim == WIDTH
    for row, path in enumerate(paths):
        assert str(w.image_source(row)) == str(path)
    w.selection = [3]
    assert list(w.selected()["label"]) == ["0003.png"]
    assert w.search(paths[7]) == "Row 7 is this picture."
    assert w.trace().ids[0] == 7


def test_without_a_model_the_descriptor_does(tmp_path, capsys):
    folder_of(tmp_path / "photos", 20)
    w = fw.explore(str(tmp_path / "photos" / "*.png"))
    assert w.index.dim == fw.embedders.colours_and_edges().width == 112
    assert w.embedder.name.startswith("feder_widget colours_and_edges")
    printed = capsys.readouterr()
    assert "20/20" in printed.err
    assert printed.out.startswith("L2norm,IVF4,Flat: 20 vectors.")
    assert w.search(picture(4)) == "Row 4 is this picture."


def test_options_of_the_widget_and_labels_of_the_caller_are_passed_on(tmp_path):
    paths = folder_of(tmp_path / "photos", 12)
    w = explore(
        paths, Counting(), k=3, nprobe=2, nlist=4, labels=[f"n{row}" for row in range(12)], theme="dark"
    )
    assert (w.k, w.nprobe, w.theme, w.index.nlist) == (3, 2, "dark", 4)
    w.selection = [5]
    assert list(w.selected()["label"]) == ["n5"]
    with pytest.raises(TypeError, match=r"explore takes no kk; FederWidget takes .*embed, embed_text, "):
        explore(paths, Counting(), kk=3)


def test_labels_that_stand_beside_the_pictures_are_kept(tmp_path):
    paths = folder_of(tmp_path / "photos", 20)
    pairs = [(path, ("cat", "dog")[row % 2]) for row, path in enumerate(paths)]
    w = explore(pairs, Counting())
    assert [w._media.label(row) for row in (0, 1, 19)] == ["cat", "dog", "dog"]
    assert w.search(paths[7]) == "Row 7 is this picture."
    given = explore(pairs, Counting(), labels=[f"label {row}" for row in range(20)])
    assert given._media.label(1) == "label 1"


def test_bad_choices_are_refused_before_anything_is_embedded(tmp_path):
    paths = folder_of(tmp_path / "photos", 12)
    embedder = Counting()
    with pytest.raises(ValueError, match="metric must be one of"):
        explore(paths, embedder, metric="euclid")
    with pytest.raises(ValueError, match="nlist must be between 1 and vectors=12, got 13"):
        explore(paths, embedder, nlist=13)
    assert embedder.embedded == []


TABLE = pd.DataFrame({"kind": list("abc") * 4, "picture": ["a.png"] * 12})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"data": TABLE[:7]}, ValueError, "data must have one entry .* wanted 12, got 7"),
        ({"data": TABLE, "label": "colour"}, ValueError, "label must name a column of data, got 'colour'"),
        ({"data": TABLE, "columns": ["colour"]}, ValueError, "columns must name a column of data"),
        ({"data": TABLE, "id": "kind"}, TypeError, "id must name a column of integers, got 'kind'"),
        ({"data": TABLE, "image": "picture"}, ValueError, "images were given as well; pass one"),
        ({"label": "kind"}, ValueError, "label names a column of data, got 'kind' and no data"),
        ({"labels": ["a"]}, ValueError, "labels must have one entry .* wanted 12, got 1"),
        ({"k": "many"}, TypeError, "k must be an int, got 'many'"),
        ({"nprobe": 0}, ValueError, "nprobe must be between 1 and 12, got 0"),
        ({"include_self": 1}, TypeError, "include_self must be True or False"),
        ({"theme": "red"}, ValueError, "theme must be one of auto, light, dark, got 'red'"),
        ({"projection": "umap"}, ValueError, "projection must be"),
        ({"lable": "kind"}, TypeError, "explore takes no lable"),
    ],
)
def test_what_the_widget_would_refuse_is_refused_before_anything_is_embedded(
    tmp_path, options, error, message
):
    embedder = Counting()
    with pytest.raises(error, match=message):
        explore(folder_of(tmp_path / "photos", 12), embedder, **options)
    assert embedder.embedded == []


def test_a_table_of_the_pictures_that_could_be_read_is_refused(tmp_path):
    paths = folder_of(tmp_path / "photos", 12)
    paths[3].write_text("no picture")
    with pytest.raises(ValueError, match="wanted 12, got 11"):
        explore(paths, Counting(), data=TABLE[:11])
    with pytest.warns(fw.PicturesLeftOutWarning):
        w = explore(paths, Counting(), data=TABLE, label="kind")
    assert w._media.label(4) == "b"


def test_a_list_and_an_array_of_pictures_do_too():
    pictures = [picture(number) for number in range(12)]
    for images in (pictures, np.stack([np.asarray(each) for each in pictures])):
        w = explore(images, Counting())
        assert w.search(pictures[5]) == "Row 5 is this picture."
        w.selection = [5]
        assert list(w.selected()["label"]) == [None]


# Never shifted


def rows_of(w):
    """Return the colours of the picture of each stored row, and of what the index holds for it."""
    rows = np.sort(w.index.sample_ids(w.index.ntotal, np.random.default_rng(0)))
    shown = np.stack([vector_of(Image.open(w.image_source(int(row)))) for row in rows])
    return rows, shown, np.stack([w.index.vector(int(row)) for row in rows])


def test_rows_keep_their_pictures_when_some_are_shuffled_dropped_broken_and_added(tmp_path):
    paths = folder_of(tmp_path / "photos", 40)
    cache = tmp_path / "kept"
    rng = random.Random(0)
    for turn in range(6):
        rng.shuffle(paths)
        for path in rng.sample(paths, 3):
            paths.remove(path)
        for path in rng.sample(paths, 2):
            path.write_text("no picture")
        paths[len(paths) // 2 : 0] = folder_of(tmp_path / "photos", 4, first=1000 + 10 * turn)
        embedder = Counting()
        with pytest.warns(fw.PicturesLeftOutWarning) as caught:
            w = explore(list(paths), embedder, cache=cache)
        left_out = caught[0].message.reasons
        rows, shown, stored = rows_of(w)
        assert sorted([*rows, *left_out]) == list(range(len(paths)))
        assert all(w.image_source(row) == path for row, path in enumerate(paths))
        np.testing.assert_array_equal(shown, stored)
        if turn > 0:
            assert len(embedder.embedded) == 4
        row = int(rng.choice(list(rows)))
        assert w.search(paths[row]) == f"Row {row} is this picture."
        w.search(row)
        assert w.trace().ids[0] == row
    assert len(left_out) > 2


def test_the_last_picture_may_be_the_bad_one(tmp_path):
    paths = folder_of(tmp_path / "photos", 10)
    paths[9].write_text("no picture")
    with pytest.warns(fw.PicturesLeftOutWarning, match="row 9"):
        w = explore(paths, Counting())
    assert w.index.ntotal == 9
    assert w.search(paths[8]) == "Row 8 is this picture."


def test_a_glob_is_expanded_once(tmp_path):
    folder_of(tmp_path / "photos", 10, first=10)
    w = explore(str(tmp_path / "photos" / "*.png"), Counting())
    folder_of(tmp_path / "photos", 5)
    assert w.image_source(0).name == "0010.png"
    assert w.search(tmp_path / "photos" / "0013.png") == "Row 3 is this picture."
    assert w.search(tmp_path / "photos" / "0003.png") is None


def test_rows_that_are_added_later_point_at_their_pictures(tmp_path):
    paths = folder_of(tmp_path / "photos", 30)
    index = fw.build_index(fw.embed(paths[:20], Counting(), progress=False), metric="l2", explain=False)
    # In the middle of the list, as new files of a folder are: their ids are what counts.
    new = np.array([25, 22, 29])
    added = fw.embed([paths[row] for row in new], Counting(), progress=False)
    index.add_with_ids(added, new)
    w = fw.FederWidget(index, images=dict(enumerate(paths)), embed=Counting())
    for row in new:
        assert w.search(paths[row]) == f"Row {row} is this picture."


def test_pictures_in_another_order_are_found_out(tmp_path):
    paths = folder_of(tmp_path / "photos", 40)
    vectors = fw.embed(paths, Counting(), progress=False)
    index = fw.build_index(vectors, metric="l2", explain=False)
    right = fw.FederWidget(index, images=paths, embed=Counting())
    assert right.check_images() == []
    assert right.check_images(range(40)) == []
    shifted = fw.FederWidget(index, images=[*paths[1:], paths[0]], embed=Counting())
    assert len(shifted.check_images(8)) == 8
    assert shifted.check_images([7, 3]) == [7, 3]
    paths[5].unlink()
    assert right.check_images([4, 5, 6]) == [5]
    with pytest.raises(fw.UnknownIdError):
        right.check_images([0, 40])
    with pytest.raises(TypeError, match="check_images needs embed="):
        fw.FederWidget(index, images=paths).check_images()
    with pytest.raises(TypeError, match="check_images needs images="):
        fw.FederWidget(index, embed=Counting()).check_images()


# Queries


@pytest.fixture
def photos(tmp_path):
    return folder_of(tmp_path / "photos", 30)


@pytest.fixture
def widget(photos):
    return explore(photos, SentenceTransformer(), nlist=3, nprobe=3)


@pytest.mark.parametrize(
    "form",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        lambda path: bytearray(path.read_bytes()),
        Image.open,
        lambda path: Image.open(path).convert("RGBA"),
    ],
    ids=["Path", "str", "bytes", "bytearray", "image", "RGBA"],
)
def test_a_picture_in_any_form_is_a_query(widget, photos, form):
    assert widget.search(form(photos[11])) == "Row 11 is this picture."
    assert widget.query_id is None
    np.testing.assert_array_equal(widget.history[-1].vector, vector_of(picture(11)))
    assert widget.trace().ids[0] == 11


def test_a_picture_that_no_row_has_is_searched_for_and_claims_nothing(widget):
    assert widget.search(picture(500)) is None
    np.testing.assert_array_equal(widget.history[-1].vector, vector_of(picture(500)))


def test_a_scaled_or_compressed_picture_is_nearly_the_same(widget):
    scaled = picture(11).resize((80, 60))
    assert widget.search(scaled) == "Row 11 is nearly this picture."
    stream = io.BytesIO()
    picture(11).save(stream, "JPEG", quality=95, subsampling=0)
    assert widget.search(stream.getvalue()) == "Row 11 is nearly this picture."


def test_pictures_with_one_vector_are_not_the_same_picture(widget):
    grain = np.random.default_rng(0).integers(-60, 61, (30, 40, 3))
    grainy = Image.fromarray((np.asarray(picture(11)) + grain).clip(0, 255).astype(np.uint8))
    assert widget.search(grainy) is None
    assert widget.trace().ids[0] == 11
    assert widget.search(picture(11).resize((40, 60))) is None
    assert widget.trace().ids[0] == 11


def test_all_rows_with_the_picture_are_named(photos):
    w = explore([photos[0], photos[1], photos[0], photos[0]], Counting(), nlist=1)
    assert w.search(photos[0]) == "Rows 0, 2 and 3 are this picture."


def test_words_are_a_query_where_they_can_be_embedded(widget, photos):
    assert widget.search("something red") is None
    np.testing.assert_array_equal(
        widget.history[-1].vector, SentenceTransformer().encode(["red"], show_progress_bar=False)[0]
    )
    with_text = explore(photos, Counting(), embed_text=FastEmbedText())
    with_text.search("blue")
    assert len(with_text.history) == 1


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("a red car", TypeError, "'a red car' is no file, and embed has no text side.*embed_text="),
        ("  ", ValueError, "query must hold words or the path of a picture"),
        ("photos/typo.jpg", ValueError, "query: typo.jpg was not found"),
        (b"", ValueError, "query: the encoded image is empty"),
        (b"%PDF-1.7 ...", ValueError, "query: the encoded image is no image in a known format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", ValueError, "SVG is not a bitmap"),
        ("https://example.org/cat", ValueError, "https: addresses are not read"),
    ],
)
def test_what_cannot_be_embedded_is_refused_and_the_answer_stays(photos, query, error, message):
    w = explore(photos, Counting())
    w.search(3)
    with pytest.raises(error, match=message):
        w.search(query)
    assert w.query_id == 3
    assert len(w.history) == 1


@pytest.mark.parametrize("query", [Image.new("RGB", (4, 4)), b"abc", "a red car"])
def test_without_an_embedder_a_picture_says_what_is_missing(clustered, query):
    w = fw.FederWidget(clustered[0])
    assert w.embedder is None
    with pytest.raises(TypeError, match=r"nothing embeds it: pass embed= to FederWidget"):
        w.search(query)


def test_an_embedder_that_fails_on_a_query_leaves_the_answer(photos):
    embedder = Counting()
    w = explore(photos, embedder)
    w.search(3)
    embedder.interrupt_after = 0
    with pytest.raises(KeyboardInterrupt):
        w.search(photos[4])
    assert w.query_id == 3


def test_a_picture_searched_for_on_another_thread_is_embedded_there(photos):
    w = explore(photos, Counting())
    failed = []

    def search():
        try:
            w.search(photos[5])
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=search)
    thread.start()
    thread.join(30)
    assert failed == []


# The width


def test_the_width_is_checked_before_anything_is_shown():
    index, _ = make_ivf(d=16)
    with pytest.raises(ValueError, match="as wide as those of the index, 16 numbers, got 12"):
        fw.FederWidget(index, embed=SentenceTransformer())
    counted = Counting()
    with pytest.raises(ValueError, match="16 numbers, got 12"):
        fw.FederWidget(index, embed=counted)
    assert len(counted.embedded) == 1
    with pytest.raises(TypeError, match="embed_text embeds words beside pictures"):
        fw.FederWidget(index, embed_text=FastEmbedText())
    with pytest.raises(fw.EmbedderError, match=r"ZeroDivisionError.*a plain grey picture"):
        fw.FederWidget(index, embed=lambda images: len(images) / 0)


def test_cached_vectors_of_another_width_are_embedded_anew(tmp_path, photos):
    def named(width):
        return fw.embedders.embedder(
            lambda images: np.stack([vector_of(image)[:width] for image in images]), name="mine"
        )

    fw.embed(photos, named(WIDTH), cache=tmp_path / "kept", progress=False)
    with pytest.warns(UserWarning, match="vectors of 12 numbers by an embedder of the same name.* returns 6"):
        w = explore(photos, named(6), cache=tmp_path / "kept")
    assert w.search(photos[17]) == "Row 17 is this picture."


def test_an_index_that_was_saved_is_asked_with_pictures_again(tmp_path, photos):
    vectors = fw.embed(photos, Pipeline(None), progress=False)
    faiss.write_index(fw.build_index(vectors, explain=False), str(tmp_path / "photos.index"))
    w = fw.FederWidget(tmp_path / "photos.index", images=photos, embed=Pipeline(None))
    assert w.search(photos[17]) == "Row 17 is this picture."
