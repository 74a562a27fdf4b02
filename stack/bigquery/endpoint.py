"""bqemulator with one defect mended: its Storage Write API forgets the fields of a STRUCT column, so that no row of a table
that has one can be appended. Everything else is as it comes; the arguments are those of bqemulator."""

from bqemulator.__main__ import main
from bqemulator.api.routes.tabledata import _build_arrow_schema
from bqemulator.grpc_api import write_servicer


def described(fields):
    return [
        {"name": field.name, "type": field.type, "mode": field.mode, "fields": described(field.fields or ())}
        for field in fields
    ]


def table_arrow_schema(table):
    return _build_arrow_schema(described(table.schema_.fields))


write_servicer._table_arrow_schema = table_arrow_schema

if __name__ == "__main__":
    main()
