"""Where files lie, and how ranges of their bytes are read: on this machine, or by ``fsspec``."""
