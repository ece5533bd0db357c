"""A store that speaks the S3 protocol, over HTTP on this machine."""

from contextlib import contextmanager

import s3fs
from moto.server import ThreadedMotoServer


@contextmanager
def s3_store(bucket):
    """Lend the ``storage_options`` of a store that is empty but for a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        _, port = server.get_host_and_port()
        options = {
            "key": "any",
            "secret": "any",
            "client_kwargs": {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "eu-west-1"},
        }
        s3fs.S3FileSystem(**options).mkdir(bucket)
        yield options
    finally:
        server.stop()
