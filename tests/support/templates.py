"""Templates compiled once for all the houses of a test process.

A house is made for every test, and compiling a page takes a hundred times as long as rendering it.
What a template compiles to depends on its source and on what its environment knows; equal ones
share it. The portal itself compiles each template once in its life and has no use for this.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import CodeType

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from portal.web.compiled import PageEnvironment


class KeptCode(BytecodeCache):
    """The code of templates, by all that it was compiled from."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, CodeType] = {}

    def get_bucket(
        self, environment: Environment, name: str, filename: str | None, source: str
    ) -> Bucket:
        bucket = Bucket(environment, name, source)  # Jinja's takes a digest: the source does too.
        bucket.code = self.kept.get(_key(bucket))
        return bucket

    def set_bucket(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[_key(bucket)] = bucket.code

    def load_bytecode(self, bucket: Bucket) -> None:
        raise AssertionError("kept in memory")

    def dump_bytecode(self, bucket: Bucket) -> None:
        raise AssertionError("kept in memory")


def _key(bucket: Bucket) -> Hashable:
    environment, template = bucket.environment, (bucket.key, bucket.checksum)
    known = environment.known if isinstance(environment, PageEnvironment) else None
    if known is None:
        return template
    tables = {key: tuple(sorted(table.items())) for key, table in known.tables.items()}
    return (
        template,
        known.language.code,
        tuple(sorted(tables.items())),
        tuple(sorted(known.names.items())),
        tuple(sorted(known.functions)),
        known.plain,
    )
