"""A client for a bucket of S3 or its kin, as everything of ours talks to one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CONNECT, READ = 10.0, 60.0  #: seconds


@contextmanager
def client(**options: Any) -> Iterator[Any]:
    """Give boto3's S3 client until the end of the block. It waits where it stands, and retries nothing itself.

    *options* are boto3's own: what is None, or not there, boto3 finds by itself.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT,
        read_timeout=READ,
        retries={"total_max_attempts": 1},
        # The newer checksums are AWS's own; other services refuse them.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    made = boto3.session.Session().client("s3", config=config, **options)
    try:
        yield made
    finally:
        made.close()
