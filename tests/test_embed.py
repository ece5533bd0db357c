"""``fw.embed``: a row for each picture, bad ones left out by id, a cache, interrupts, memory."""

import contextlib
import errno
import os
import re
import sqlite3
import threading
import warnings

import numpy as np
import pytest
from embedder_stand_ins import WIDTH, Counting, FastEmbed, folder_of, picture, vector_of
from PIL import Image

import feder_widget as fw
from feder_widget.embedding import vector_cache, vector_rows
from feder_widget.embedding.read_ahead import read_ahead
from feder_widget.embedding.vector_cache import VectorCache


@pytest.fixture(autouse=True)
def platform_cache(tmp_path, monkeypatch):
    """Keep the tests out of the user's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))
    return tmp_path / "platform"


def embed(images, embedder, **options):
    return fw.embed(images, embedder, **{"progress": False, "cache": False, **options})


def wanted(numbers):
    return np.stack([vector_of(picture(number)) for number in numbers])


@pytest.mark.parametrize("batch_size", [1, 7, 32, 1000])
def test_row_i_is_the_vector_of_picture_i(tmp_path, batch_size):
    folder_of(tmp_path / "photos", 40)
    embedder = Counting()
    vectors = embed(str(tmp_path / "photos" / "*.png"), embedder, batch_size=batch_size)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, wanted(range(40)))
    assert max(embedder.batches) == min(batch_size, 40)
    assert sum(embedder.batches) == 40


def test_every_form_of_images_is_embedded(tmp_path):
    (path,) = folder_of(tmp_path / "photos", 1)
    entries = [path, str(path), path.read_bytes(), picture(0), np.asarray(picture(0))]
    vectors = embed(entries, Counting())
    np.testing.assert_array_equal(vectors, np.repeat(wanted([0]), 5, axis=0))
    stack = np.stack([np.asarray(picture(number)) for number in range(4)])
    np.testing.assert_array_equal(embed(stack, Counting()), wanted(range(4)))


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (None, TypeError, "got None"),
        ({0: "a.png"}, TypeError, "got a dict, whose number is not known"),
        (lambda _: "a.png", TypeError, "got a function"),
        ([], ValueError, "at least one picture"),
        ("nothing-here/*.png", ValueError, "matches none"),
        ((entry for entry in "ab"), TypeError, "got generator"),
    ],
)
def test_images_that_cannot_be_counted_are_refused(images, error, message):
    with pytest.raises(error, match=message):
        embed(images, Counting())


@pytest.mark.parametrize("batch_size", [0, 1.5, True, "32"])
def test_a_bad_batch_size_is_refused(batch_size):
    with pytest.raises((TypeError, ValueError), match="batch_size"):
        embed([picture(0)], Counting(), batch_size=batch_size)


def test_pictures_reach_the_embedder_upright_in_rgb_on_white_and_not_huge(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1).save(tmp_path / "turned.png", exif=exif)
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("L", (3000, 1500), 77).save(tmp_path / "wide.png")
    got = []
    embed(
        [tmp_path / name for name in ("turned.png", "clear.png", "wide.png")],
        lambda images: got.extend(images) or np.ones((len(images), 2)),
    )
    assert got[0].tobytes() == picture(1).transpose(Image.Transpose.ROTATE_270).tobytes()
    assert got[1].getpixel((4, 4)) == (255, 255, 255)
    assert got[2].size == (1024, 512)
    assert {image.mode for image in got} == {"RGB"}


# Bad pictures


def broken_folder(tmp_path):
    paths = folder_of(tmp_path / "photos", 20)
    paths[3].write_text("no picture")
    paths[7].write_bytes(b"")
    paths[19].write_bytes(paths[18].read_bytes()[:60])
    return paths


def test_bad_pictures_are_reported_once_and_left_out_without_a_shift(tmp_path):
    paths = broken_folder(tmp_path)
    entries = [*paths, None, "https://example.org/a.png", tmp_path / "gone.png"]
    with pytest.warns(fw.PicturesLeftOutWarning) as caught:
        vectors = embed(entries, Counting(), batch_size=4)
    (warning,) = (each.message for each in caught)
    assert set(warning.reasons) == {3, 7, 19, 20, 21, 22}
    assert "6 of 23 pictures are left out" in str(warning)
    assert "row 7: 0007.png is empty (0 bytes)" in str(warning)
    assert warning.reasons[20] == "no picture"
    assert "addresses are not read" in warning.reasons[21]
    assert "was not found" in warning.reasons[22]

    good = np.setdiff1d(np.arange(20), [3, 7, 19])
    np.testing.assert_array_equal(vectors[good], wanted(good))
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(vectors).all(1)), sorted(warning.reasons))


def test_many_bad_pictures_are_counted_and_ten_are_named():
    warning = fw.PicturesLeftOutWarning(dict.fromkeys(range(25), "gone"), 30)
    assert str(warning).count("gone") == 10
    assert "and 15 more" in str(warning)


def test_without_one_good_picture_there_is_an_error_with_the_reasons(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("no picture")
    with pytest.raises(ValueError, match=r"no picture could be read: 1 of 1 .*a\.png is no image"):
        embed([path], Counting())


def test_the_items_of_a_sequence_are_read_once_each_for_they_may_be_decoded_then():
    class Decoding:
        def __init__(self):
            self.read = []

        def __len__(self):
            return 30

        def __getitem__(self, row):
            self.read.append(row)
            return picture(row)

    images = Decoding()
    np.testing.assert_array_equal(embed(images, Counting()), wanted(range(30)))
    # The first one tells whether they are files.
    assert sorted(images.read) == [0, *range(30)]


def test_a_sequence_that_raises_costs_one_row():
    class Entries(list):
        def __getitem__(self, row):
            if row == 1:
                raise RuntimeError("row lost")
            return super().__getitem__(row)

    with pytest.warns(fw.PicturesLeftOutWarning, match="row 1: RuntimeError: row lost"):
        vectors = embed(Entries([picture(0), picture(1), picture(2)]), Counting())
    np.testing.assert_array_equal(vectors[[0, 2]], wanted([0, 2]))


# Errors of the embedder


def test_an_embedder_that_raises_is_reported_with_the_files_of_its_batch(tmp_path):
    paths = folder_of(tmp_path / "photos", 10)

    def embedder(images):
        if any(image.tobytes() == picture(6).tobytes() for image in images):
            raise RuntimeError("CUDA out of memory")
        return np.stack([vector_of(image) for image in images])

    message = r"embed raised RuntimeError: CUDA out of memory; for row 4 \(0004.png\), .*row 7 \(0007.png\)$"
    with pytest.raises(fw.EmbedderError, match=message) as caught:
        embed(paths, embedder, batch_size=4)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_nan_names_the_file_at_fault(tmp_path):
    paths = folder_of(tmp_path / "photos", 3)

    def embedder(images):
        vectors = np.ones((len(images), 2))
        vectors[1] = np.inf
        return vectors

    with pytest.raises(
        fw.EmbedderError, match=r"NaN or infinite values, wanted finite ones; for row 1 \(0001.png\)$"
    ):
        embed(paths, embedder)


# The cache


def test_nothing_is_embedded_twice(tmp_path):
    paths = folder_of(tmp_path / "photos", 30)
    cache = tmp_path / "kept"
    first, second = Counting(), Counting()
    vectors = embed(paths, first, cache=cache, batch_size=8)
    np.testing.assert_array_equal(embed(paths[::-1], second, cache=cache), vectors[::-1])
    assert (len(first.embedded), len(second.embedded)) == (30, 0)
    third = Counting()
    more = folder_of(tmp_path / "photos", 5, first=100)
    np.testing.assert_array_equal(embed([*more, *paths], third, cache=cache)[5:], vectors)
    assert len(third.embedded) == 5


def test_an_interrupt_costs_no_more_than_its_batch(tmp_path):
    paths = folder_of(tmp_path / "photos", 50)
    interrupted = Counting(interrupt_after=20)
    # What it is told when it stops is a setting like any other, so that it would have a name of its own.
    named = fw.embedders.embedder(interrupted, name=fw.embedders.embedder(Counting()).name)
    with pytest.raises(KeyboardInterrupt):
        embed(paths, named, cache=tmp_path / "kept", batch_size=10)
    resumed = Counting()
    vectors = embed(paths, resumed, cache=tmp_path / "kept", batch_size=10)
    np.testing.assert_array_equal(vectors, wanted(range(50)))
    assert len(interrupted.embedded) == 20
    assert len(resumed.embedded) == 30
    assert not set(interrupted.embedded) & set(resumed.embedded)


def test_a_failing_embedder_keeps_what_it_did_before(tmp_path):
    paths = folder_of(tmp_path / "photos", 12)

    class Failing(Counting):
        broken = True

        def __call__(self, images):
            if self.broken and len(self.embedded) == 8:
                raise ValueError
            return super().__call__(images)

    failing = Failing()
    embedder = fw.embedders.embedder(failing, name="failing at first")
    with pytest.raises(fw.EmbedderError):
        embed(paths, embedder, cache=tmp_path / "kept", batch_size=4)
    failing.broken = False
    embed(paths, embedder, cache=tmp_path / "kept", batch_size=4)
    assert len(failing.embedded) == 12


def test_a_file_that_changed_is_embedded_anew(tmp_path):
    paths = folder_of(tmp_path / "photos", 3)
    embed(paths, Counting(), cache=tmp_path / "kept")
    picture(77).save(paths[1])
    os.utime(paths[1], ns=(1, 1))
    again = Counting()
    np.testing.assert_array_equal(embed(paths, again, cache=tmp_path / "kept"), wanted([0, 77, 2]))
    assert len(again.embedded) == 1


def test_a_repaired_file_is_read_again(tmp_path):
    paths = folder_of(tmp_path / "photos", 3)
    paths[2].write_text("no picture")
    with pytest.warns(fw.PicturesLeftOutWarning):
        embed(paths, Counting(), cache=tmp_path / "kept")
    picture(2).save(paths[2])
    again = Counting()
    np.testing.assert_array_equal(embed(paths, again, cache=tmp_path / "kept"), wanted(range(3)))
    assert len(again.embedded) == 1


def test_pictures_that_are_no_files_are_known_by_their_pixels(tmp_path):
    first, second = Counting(), Counting()
    embed([picture(number) for number in range(10)], first, cache=tmp_path, batch_size=4)
    stack = np.stack([np.asarray(picture(number)) for number in range(12)])
    np.testing.assert_array_equal(embed(stack, second, cache=tmp_path, batch_size=4), wanted(range(12)))
    assert len(second.embedded) == 2


def test_another_embedder_never_reads_the_vectors_of_one(tmp_path):
    paths = folder_of(tmp_path / "photos", 4)
    embed(paths, Counting(), cache=tmp_path / "kept")
    halved = embed(
        paths, lambda images: np.stack([vector_of(each) / 2 for each in images]), cache=tmp_path / "kept"
    )
    np.testing.assert_array_equal(halved, wanted(range(4)) / 2)
    assert len(list((tmp_path / "kept").glob("*.sqlite"))) == 2


def test_vectors_of_another_width_under_the_same_name_are_forgotten(tmp_path):
    paths = folder_of(tmp_path / "photos", 6)

    def named(width):
        return fw.embedders.embedder(lambda images: np.full((len(images), width), width), name="mine")

    embed(paths[:3], named(4), cache=tmp_path / "kept")
    with pytest.warns(UserWarning, match="vectors of 4 numbers by an embedder of the same name.* returns 8"):
        vectors = embed(paths, named(8), cache=tmp_path / "kept", batch_size=2)
    np.testing.assert_array_equal(vectors, np.full((6, 8), 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        embed(paths, named(8), cache=tmp_path / "kept")


def test_a_damaged_cache_is_begun_anew(tmp_path):
    paths = folder_of(tmp_path / "photos", 3)
    embed(paths, Counting(), cache=tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_bytes(b"nothing like a data base" * 100)
    with pytest.warns(UserWarning, match="was damaged and is begun anew"):
        np.testing.assert_array_equal(embed(paths, Counting(), cache=tmp_path / "kept"), wanted(range(3)))
    assert sqlite3.connect(kept).execute("SELECT count(*) FROM vectors").fetchone() == (3,)


def kept_file(tmp_path, count=6):
    """Return the paths of pictures, and the file of a cache that holds their vectors."""
    paths = folder_of(tmp_path / "photos", count)
    embed(paths, Counting(), cache=tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    return paths, kept


def change(file, statement, *values):
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)


@pytest.mark.parametrize("blob", [b"", b"12345", b"1234", bytes(4 * WIDTH - 4), "words", 7])
@pytest.mark.parametrize("damaged", [1, 2])
def test_damaged_vectors_are_dropped_and_embedded_anew(tmp_path, blob, damaged):
    paths, kept = kept_file(tmp_path)
    change(kept, "UPDATE vectors SET vector = ? WHERE rowid <= ?", blob, damaged)
    again = Counting()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(embed(paths, again, cache=tmp_path / "kept"), wanted(range(6)))
    assert len(again.embedded) == damaged
    last = Counting()
    embed(paths, last, cache=tmp_path / "kept")
    assert last.embedded == []


def test_a_cache_of_two_widths_costs_only_the_vectors_of_the_rarer(tmp_path):
    paths, kept = kept_file(tmp_path)
    change(kept, "UPDATE vectors SET vector = zeroblob(20) WHERE rowid > 4")
    again = Counting()
    np.testing.assert_array_equal(embed(paths, again, cache=tmp_path / "kept"), wanted(range(6)))
    assert len(again.embedded) == 2


@pytest.mark.parametrize("stated", [True, False])
def test_more_vectors_of_another_width_are_forgotten(tmp_path, stated):
    paths, kept = kept_file(tmp_path)
    change(kept, "UPDATE vectors SET vector = zeroblob(20) WHERE rowid > 2")
    change(kept, "DELETE FROM width")
    embedder = fw.embedders.embedder(Counting())
    embedder.width = WIDTH if stated else None
    more = folder_of(tmp_path / "photos", 1, first=100)
    with pytest.warns(UserWarning, match="vectors of 5 numbers by an embedder of the same name"):
        vectors = embed([*paths, *more], embedder, cache=tmp_path / "kept")
    np.testing.assert_array_equal(vectors, wanted([*range(6), 100]))


@pytest.mark.parametrize("damaged", [4, 6])
def test_damaged_vectors_never_pass_for_those_of_another_width(tmp_path, damaged):
    paths, kept = kept_file(tmp_path)
    change(kept, "UPDATE vectors SET vector = zeroblob(20) WHERE rowid <= ?", damaged)
    again = Counting()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(embed(paths, again, cache=tmp_path / "kept"), wanted(range(6)))
    assert len(again.embedded) == damaged


def test_a_cache_of_another_width_that_holds_every_picture_is_forgotten(tmp_path):
    paths = folder_of(tmp_path / "photos", 6)

    def named(width):
        return fw.embedders.embedder(lambda images: np.full((len(images), width), width), name="mine")

    embed(paths, named(4), cache=tmp_path / "kept")
    for _ in range(2):
        with pytest.warns(
            UserWarning, match="vectors of 4 numbers by an embedder of the same name.* returns 8"
        ):
            vectors = embed(paths, named(8), cache=tmp_path / "kept")
        np.testing.assert_array_equal(vectors, np.full((6, 8), 8))
        with pytest.warns(UserWarning, match="vectors of 8 numbers"):
            embed(paths, named(4), cache=tmp_path / "kept")


def test_a_cache_without_a_note_of_its_width_is_checked_with_one_picture(tmp_path):
    paths, kept = kept_file(tmp_path)
    change(kept, "UPDATE vectors SET vector = zeroblob(20)")
    change(kept, "DROP TABLE width")
    with pytest.warns(UserWarning, match="vectors of 5 numbers"):
        np.testing.assert_array_equal(embed(paths, Counting(), cache=tmp_path / "kept"), wanted(range(6)))


def test_pictures_that_are_all_kept_need_no_embedder_that_works(tmp_path):
    paths = folder_of(tmp_path / "photos", 3)
    embed(paths, fw.embedders.embedder(Counting(), name="mine"), cache=tmp_path / "kept")
    broken = fw.embedders.embedder(lambda _: 1 / 0, name="mine")
    np.testing.assert_array_equal(embed(paths, broken, cache=tmp_path / "kept"), wanted(range(3)))


def test_a_cache_is_cleared_where_its_file_is_damaged(tmp_path):
    _, kept = kept_file(tmp_path)
    cache = VectorCache(tmp_path / "kept", "mine")
    (file,) = set((tmp_path / "kept").iterdir()) - {kept}
    file.write_bytes(b"nothing like a data base" * 400)
    with pytest.warns(UserWarning, match=re.escape(f"the cache {file} was damaged and is begun anew")):
        cache.clear()
    cache.put([b"key"], np.ones((1, 3), np.float32))
    cache.close()
    assert sqlite3.connect(file).execute("SELECT count(*) FROM vectors").fetchone() == (1,)


def test_a_page_that_is_damaged_costs_one_run_its_cache(tmp_path):
    paths, kept = kept_file(tmp_path, 400)
    size = kept.stat().st_size
    with kept.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * (size - 2 * 4096))
    with pytest.warns(UserWarning, match=re.escape(f"the cache {kept} was damaged and is begun anew")):
        np.testing.assert_array_equal(embed(paths, Counting(), cache=tmp_path / "kept"), wanted(range(400)))
    # Vectors that were read before the damage was found are not kept again.
    embed(paths, Counting(), cache=tmp_path / "kept")
    last = Counting()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(embed(paths, last, cache=tmp_path / "kept"), wanted(range(400)))
    assert last.embedded == []


def test_a_cache_that_cannot_be_cleared_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_cache, "BUSY_SECONDS", 0.01)
    cache = VectorCache(tmp_path / "kept", "mine")
    (file,) = (tmp_path / "kept").iterdir()
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.warns(UserWarning, match=re.escape(f"the cache {file} failed and is used no more")):
            cache.clear()
    cache.close()


def test_other_processes_may_write_while_a_batch_is_embedded(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_cache, "WRITE_APART", 60.0)
    paths, kept = kept_file(tmp_path, 4)

    class Slow(Counting):
        def __call__(self, images):
            with contextlib.closing(sqlite3.connect(kept, timeout=0.01)) as other, other:
                other.execute("INSERT OR REPLACE INTO vectors VALUES (x'00', zeroblob(48))")
            return super().__call__(images)

    embedder = fw.embedders.embedder(Slow(), name=fw.embedders.embedder(Counting()).name)
    more = folder_of(tmp_path / "photos", 6, first=100)
    embed([*paths, *more], embedder, cache=tmp_path / "kept", batch_size=2)
    with contextlib.closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (11,)


def test_a_cache_that_fails_on_the_way_costs_nothing_but_itself(tmp_path, monkeypatch):
    paths = folder_of(tmp_path / "photos", 12)
    real = sqlite3.connect

    class Full(sqlite3.Connection):
        def executemany(self, *_):
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: real(path, factory=Full, **options))
    with pytest.warns(UserWarning, match="failed and is used no more: database or disk is full") as caught:
        vectors = embed(paths, Counting(), cache=tmp_path / "kept", batch_size=3)
    assert len(caught) == 1
    np.testing.assert_array_equal(vectors, wanted(range(12)))


def test_without_a_word_the_platforms_cache_is_used_and_nothing_else_is_written(
    tmp_path, platform_cache, monkeypatch
):
    folder_of(tmp_path / "photos", 3)
    monkeypatch.chdir(tmp_path)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    fw.embed("photos/*.png", Counting(), progress=False)
    written = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert len(written) == 1
    assert written.pop().is_relative_to(platform_cache / "feder_widget" / "embeddings")
    fw.embed("photos/*.png", FastEmbed(), cache=False, progress=False)
    assert len({path for path in tmp_path.rglob("*") if path.is_file()} - before) == 1


def test_a_cache_that_cannot_be_used_is_an_error_where_it_was_named_and_a_warning_elsewhere(
    tmp_path, platform_cache
):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"cache must be a folder, got '.*file', which is a file"):
        embed([picture(0)], Counting(), cache=tmp_path / "file")
    with pytest.raises(TypeError, match="cache must be a folder"):
        embed([picture(0)], Counting(), cache=3)
    platform_cache.write_text("")
    with pytest.warns(UserWarning, match="vectors are not kept"):
        vectors = fw.embed([picture(0)], Counting(), progress=False)
    np.testing.assert_array_equal(vectors, wanted([0]))


def test_an_empty_name_of_a_cache_is_refused_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="cache must be a folder, got ''; pass False for no cache"):
        embed([picture(0)], Counting(), cache="")
    assert list(tmp_path.iterdir()) == []


# Memory


def test_many_vectors_become_a_memory_map_that_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_rows, "MAP_FROM_BYTES", 100)
    paths = folder_of(tmp_path / "photos", 10)
    paths[4].write_text("no picture")
    with pytest.warns(fw.PicturesLeftOutWarning):
        vectors = embed(paths, Counting(), cache=tmp_path / "kept")
    assert isinstance(vectors, np.memmap)
    good = [0, 1, 2, 3, 5, 6, 7, 8, 9]
    np.testing.assert_array_equal(vectors[good], wanted(good))
    assert np.isnan(vectors[4]).all()
    assert [path.suffix for path in (tmp_path / "kept").iterdir()] == [".sqlite"]


def mapped(tmp_path, monkeypatch, reserve):
    monkeypatch.setattr(vector_rows, "MAP_FROM_BYTES", 100)
    monkeypatch.setattr(os, "posix_fallocate", reserve, raising=False)
    return embed(folder_of(tmp_path / "photos", 10), Counting(), cache=tmp_path / "kept")


def test_the_room_of_a_memory_map_is_reserved(tmp_path, monkeypatch):
    reserved = []
    vectors = mapped(tmp_path, monkeypatch, lambda _, start, size: reserved.append((start, size)))
    assert reserved == [(0, vectors.nbytes)]


def test_a_full_disk_is_an_error_that_says_how_much_is_wanted_and_where(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(
        OSError, match=re.escape(f"take 480 bytes in a temporary file, and {tmp_path}")
    ) as raised:
        mapped(tmp_path, monkeypatch, full)
    assert raised.value.errno == errno.ENOSPC


def test_a_file_system_that_cannot_reserve_room_is_used_all_the_same(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    np.testing.assert_array_equal(mapped(tmp_path, monkeypatch, unsupported), wanted(range(10)))


def test_no_more_pictures_are_decoded_than_wait_for_the_embedder():
    decoded, taken, most = [], 0, 0
    for _, number in read_ahead(range(200), lambda number: decoded.append(number) or number, 10):
        most = max(most, len(decoded) - taken)
        assert number == taken
        taken += 1
    assert taken == 200
    assert most <= 11


def test_threads_end_with_the_run_also_when_it_fails(tmp_path):
    paths = folder_of(tmp_path / "photos", 30)
    with pytest.raises(fw.EmbedderError):
        embed(paths, lambda _: 1 / 0, batch_size=2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("feder-pictures")]


def test_a_bar_counts_pictures_from_the_cache_and_bad_ones_too(tmp_path, capsys):
    paths = broken_folder(tmp_path)
    with pytest.warns(fw.PicturesLeftOutWarning):
        fw.embed(paths[:10], Counting(), cache=tmp_path / "kept")
    with pytest.warns(fw.PicturesLeftOutWarning):
        fw.embed(paths, Counting(), cache=tmp_path / "kept")
    assert "20/20" in capsys.readouterr().err


def test_the_width_is_that_of_the_vectors():
    embedder = fw.embedders.embedder(Counting())
    assert embed([picture(0)], embedder).shape == (1, WIDTH)
    assert embedder.width == WIDTH
