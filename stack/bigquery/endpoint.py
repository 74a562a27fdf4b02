"""bqemulator with two defects mended; everything else is as it comes, and the arguments are those of bqemulator.

Its Storage Write API forgets the fields of a STRUCT column, so that no row of a table that has one can be appended. And each open
AppendRows connection holds a thread of a pool of a few (cores + 4), so that a writer of more tables waits for ever."""

from concurrent.futures import ThreadPoolExecutor

import grpc.aio
from bqemulator.__main__ import main
from bqemulator.api.routes.tabledata import _build_arrow_schema
from bqemulator.grpc_api import write_servicer

CONNECTIONS = 256
aio_server = grpc.aio.server


def described(fields):
    return [
        {"name": field.name, "type": field.type, "mode": field.mode, "fields": described(field.fields or ())}
        for field in fields
    ]


def table_arrow_schema(table):
    return _build_arrow_schema(described(table.schema_.fields))


def server_of_many_connections(**given):
    return aio_server(ThreadPoolExecutor(CONNECTIONS), **given)


write_servicer._table_arrow_schema = table_arrow_schema
grpc.aio.server = server_of_many_connections

if __name__ == "__main__":
    main()
