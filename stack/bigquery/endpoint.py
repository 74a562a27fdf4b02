"""bqemulator with three defects mended; everything else is as it comes, and the arguments are those of bqemulator.

Its Storage Write API forgets the fields of a STRUCT column, so that no row of a table that has one can be appended. Each open
AppendRows connection holds a thread of a pool of a few (cores + 4), so that a writer of more tables waits for ever. And its threads
share one connection of DuckDB, so that a query beside an append fails, or both wait for each other and for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc.aio
from bqemulator.__main__ import main
from bqemulator.api.routes.tabledata import _build_arrow_schema
from bqemulator.grpc_api import write_servicer
from bqemulator.storage.engine import DuckDBEngine

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


shared_connection = DuckDBEngine.connection.fget
own = threading.local()


def connection_of_thread(engine):
    """The engine's connection for the main thread, which answers queries; a cursor of it, which is a connection too, for any other."""
    shared = shared_connection(engine)
    if threading.current_thread() is threading.main_thread():
        return shared
    if getattr(own, "shared", None) is not shared:
        own.shared, own.cursor = shared, shared.cursor()
        own.cursor.execute("SET TimeZone = 'UTC'")
    return own.cursor


DuckDBEngine.connection = property(connection_of_thread)
write_servicer._table_arrow_schema = table_arrow_schema
grpc.aio.server = server_of_many_connections

if __name__ == "__main__":
    main()
