"""bqemulator with four defects mended; everything else is as it comes, and the arguments are those of bqemulator.

Its Storage Write API forgets the fields of a STRUCT column, so that no row of a table that has one can be appended. Each open
AppendRows connection holds a thread of a pool of a few (cores + 4), so that a writer of more tables waits for ever. And its threads
share one connection of DuckDB, so that a query beside an append fails, or both wait for each other and for ever. And
a load job that comes with its file gets an id of its own, so that the same one can be made twice."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc.aio
from bqemulator.__main__ import main
from bqemulator.api.routes import upload
from bqemulator.api.routes.tabledata import _build_arrow_schema
from bqemulator.domain.errors import ResourceRef, resource_already_exists
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


job_id = "sluiceJobId"
load_configuration = upload._load_configuration_from_envelope
run_load = upload._run_load
one_load = asyncio.Lock()


def configuration_with_id(envelope):
    return {**load_configuration(envelope), job_id: envelope.get("jobReference", {}).get("jobId")}


async def run_load_once(*, project_id, configuration, media_path, ctx):
    given = configuration.get(job_id) or new_job_id()
    configuration = {key: value for key, value in configuration.items() if key != job_id}
    async with one_load:
        if ctx.catalog.get_job(project_id, given) is not None:
            raise resource_already_exists(ResourceRef("job", project_id, resource_id=given))
        upload._new_job_id = lambda: given
        return await run_load(project_id=project_id, configuration=configuration, media_path=media_path, ctx=ctx)


new_job_id = upload._new_job_id
upload._load_configuration_from_envelope = configuration_with_id
upload._run_load = run_load_once
DuckDBEngine.connection = property(connection_of_thread)
write_servicer._table_arrow_schema = table_arrow_schema
grpc.aio.server = server_of_many_connections

if __name__ == "__main__":
    main()
