"""What an error says to the page: nothing of the folders of this machine."""

import pytest

from feder_widget.media.error_text import LIMIT, public_text


class UnspeakableError(Exception):
    """An error that cannot be put into words."""

    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("nprobe must be between 1 and 8, got 9"), "nprobe must be between 1 and 8, got 9"),
        (ValueError("1/2 of 3, n/a, and/or"), "1/2 of 3, n/a, and/or"),
        (FileNotFoundError(2, "No such file or directory", "/home/ann/secret/a.png"),
         "No such file or directory: a.png"),
        (OSError(18, "Cross-device link", "/mnt/secret/a.bin", None, "/home/ann/b.bin"),
         "Cross-device link: a.bin: b.bin"),
        (PermissionError(13, "Permission denied", b"/home/ann/\xff.png"), "Permission denied: \ufffd.png"),
        (OSError("[Errno 2] gone: '/home/ann/a.png'"), "[Errno 2] gone: 'a.png'"),
        (RuntimeError("could not open /home/ann lee/my secret/voc.index for reading"),
         "could not open voc.index for reading"),
        (RuntimeError("Error at /root/faiss/impl/io.cpp:67: 'f' failed: could not open data/ann/v.index"),
         "Error at io.cpp:67: 'f' failed: could not open v.index"),
        (OSError(9, "Bad file descriptor", 7), "[Errno 9] Bad file descriptor: 7"),
        (UnspeakableError(), ""),
        (RuntimeError(r"C:\Users\ann\secret\v.index is damaged"), "v.index is damaged"),
        (RuntimeError(r"\\server\share\v.index is damaged"), "v.index is damaged"),
        (RuntimeError("see ~/secret/v.index, ~ann/v.index, ../v.index; ./v.index"),
         "see v.index, v.index, v.index; v.index"),
        (RuntimeError("root=/srv/secret/x"), "root=x"),
        (RuntimeError('File "/opt/app/run.py", line 3'), 'File "run.py", line 3'),
        (ValueError("two\nlines\tand \ud800 half a letter"), "two lines and \ufffd half a letter"),
        (ValueError(), ""),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_folders_are_left_out_and_the_rest_is_kept(error, text):
    assert public_text(error) == text


def test_a_text_of_megabytes_is_cut():
    assert len(public_text(ValueError("x, " * 1_000_000))) == LIMIT
    assert len(public_text(ValueError("/a/b, " * 1_000_000))) <= LIMIT
