"""A strict Avro reader made from an .avsc file (semantics section 1).

A schema becomes the source text of one Python function, which is then compiled: about twice as fast as nested closures, and
the text can be printed to see exactly what is accepted. A record becomes a dict, an enum its symbol, bytes stay bytes.

Strings are decoded with `surrogateescape`: bytes that are not UTF-8 become lone surrogates, which no valid UTF-8 can give, so
that the check for BAD_TEXT can stand where section 1 puts it, after the checks of ids and parties.
"""

import json
import struct
from functools import lru_cache

TRUNCATED, TRAILING, TYPE = "DECODE_TRUNCATED", "DECODE_TRAILING", "DECODE_TYPE"


class AvroError(Exception):
    """A value that is not one datum of the schema; `reason` is the dead letter's reason."""

    def __init__(self, reason, where=""):
        super().__init__(f"{reason} {where}")
        self.reason = reason


def _more(b, i, first):
    """The rest of a varint whose first byte had its high bit set: (unsigned value, next position)."""
    value, shift = first & 127, 7
    while True:
        byte = b[i]
        i += 1
        if shift == 63 and byte > 1:
            raise AvroError(TYPE, "integer of more than 64 bits")
        value |= (byte & 127) << shift
        if byte < 128:
            return value, i
        shift += 7


def _wrong(where):
    raise AvroError(TYPE, where)


def _short():
    raise AvroError(TRUNCATED, "length beyond the end")


class _Writer:
    """Collects the source of one reading function; every emit_* leaves the value in the named variable."""

    def __init__(self):
        self.lines, self.named, self.constants, self.serial = [], {}, {}, 0

    def line(self, depth, text):
        self.lines.append("    " * depth + text)

    def fresh(self):
        self.serial += 1
        return f"v{self.serial}"

    def unsigned(self, depth, name):
        self.line(depth, f"{name} = b[i]; i += 1")
        self.line(depth, f"if {name} > 127: {name}, i = more(b, i, {name})")

    def emit(self, depth, schema, name, where):
        if isinstance(schema, str) and schema in self.named:
            schema = self.named[schema]
        kind = schema if isinstance(schema, str) else "union" if isinstance(schema, list) else schema["type"]
        if kind in ("record", "enum"):
            self.named[schema["name"]] = schema
        getattr(self, f"emit_{kind}")(depth, schema, name, where)

    def emit_long(self, depth, _schema, name, _where):
        self.unsigned(depth, name)
        self.line(depth, f"{name} = ({name} >> 1) ^ -({name} & 1)")

    def emit_int(self, depth, schema, name, where):
        self.emit_long(depth, schema, name, where)
        self.line(depth, f"if not -2147483648 <= {name} <= 2147483647: wrong({where!r})")

    def emit_boolean(self, depth, _schema, name, where):
        self.line(depth, f"{name} = b[i]; i += 1")
        self.line(depth, f"if {name} > 1: wrong({where!r})")
        self.line(depth, f"{name} = {name} == 1")

    def emit_double(self, depth, _schema, name, _where):
        self.line(depth, "if i + 8 > end: short()")
        self.line(depth, f"{name} = double(b, i)[0]; i += 8")

    def emit_bytes(self, depth, _schema, name, where, decode=""):
        self.unsigned(depth, "n")
        self.line(depth, f"if n & 1: wrong({where!r})")
        self.line(depth, "j = i + (n >> 1)")
        self.line(depth, "if j > end: short()")
        self.line(depth, f"{name} = b[i:j]{decode}; i = j")

    def emit_string(self, depth, schema, name, where):
        self.emit_bytes(depth, schema, name, where, ".decode('utf-8', 'surrogateescape')")

    def emit_enum(self, depth, schema, name, where):
        symbols = f"symbols_{schema['name']}"
        self.constants[symbols] = tuple(schema["symbols"])
        self.unsigned(depth, "n")
        self.line(depth, f"if n & 1 or n >= {2 * len(schema['symbols'])}: wrong({where!r})")
        self.line(depth, f"{name} = {symbols}[n >> 1]")

    def emit_union(self, depth, schema, name, where):
        assert schema[0] == "null" and len(schema) == 2, "only [null, X] unions stand in these schemas"
        self.unsigned(depth, "n")
        self.line(depth, f"if n == 0: {name} = None")
        self.line(depth, "elif n == 2:")
        self.emit(depth + 1, schema[1], name, where)
        self.line(depth, f"else: wrong({where!r})")

    def emit_array(self, depth, schema, name, where):
        count, item = self.fresh(), self.fresh()
        self.line(depth, f"{name} = []")
        self.line(depth, "while True:")
        self.emit_long(depth + 1, None, count, where)
        self.line(depth + 1, f"if {count} == 0: break")
        self.line(depth + 1, f"if {count} < 0:")
        self.unsigned(depth + 2, "n")
        self.line(depth + 2, f"if n & 1: wrong({where!r})")
        self.line(depth + 2, f"{count} = -{count}")
        self.line(depth + 1, f"while {count}:")
        self.line(depth + 2, f"{count} -= 1")
        self.emit(depth + 2, schema["items"], item, where)
        self.line(depth + 2, f"{name}.append({item})")

    def emit_record(self, depth, schema, name, where):
        pairs = []
        for field in schema["fields"]:
            variable = self.fresh()
            self.emit(depth, field["type"], variable, field["name"])
            pairs.append(f"{field['name']!r}: {variable}")
        self.line(depth, f"{name} = {{{', '.join(pairs)}}}")


@lru_cache(64)
def compile_reader(path):
    """`read(value) -> dict` for framed values (5 bytes of Confluent framing first) of the schema in `path`; raises AvroError."""
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    writer = _Writer()
    writer.line(0, "def datum(b, i, end):")
    writer.emit(1, schema, "datum_value", schema["name"])
    writer.line(1, "return datum_value, i")
    scope = {"more": _more, "wrong": _wrong, "short": _short, "double": struct.Struct("<d").unpack_from, **writer.constants}
    exec(compile("\n".join(writer.lines), path, "exec"), scope)  # noqa: S102 (our own text, made above)
    datum = scope["datum"]

    def read(value):
        try:
            record, position = datum(value, 5, len(value))
        except IndexError:
            raise AvroError(TRUNCATED) from None
        if position != len(value):
            raise AvroError(TRAILING)
        return record

    return read
