import type { ByteSink } from './byte-sink.ts'
import { readLong } from './bytes.ts'
import { incompatibilities } from './compatibility.ts'
import { encodeDefault } from './default-value.ts'
import { type DecodeCode, OK, type Scan, scanArray, scanEnum, TRAILING } from './scan.ts'
import { type AvroEnum, type AvroField, type AvroRecord, type AvroType, SchemaError } from './schema.ts'
import { scanOf } from './schema-scan.ts'

/**
 * Rewrites a record of a foreign schema version in the layout of ours, for a reader to wrap: fields that the writer
 * lacks take their defaults, fields that we lack are left out, numbers are promoted, unknown symbols become the
 * default symbol. Appends to `out`, which keeps what stood there; nothing is appended unless the answer is `OK`.
 */
export type Resolver = (bytes: Uint8Array, view: DataView, at: number, end: number, out: ByteSink) => DecodeCode

/** One step of a resolver: reads at `at`, appends to `out`, and returns the next position or a code negated. */
type Step = (input: Input, at: number, out: ByteSink) => number

interface Input {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly end: number
}

/**
 * The way from `writer`'s layout to `reader`'s; throws a SchemaError that names the first field that has none.
 * Source: Avro 1.12 specification, "Schema Resolution".
 */
export function compileResolver(writer: AvroRecord, reader: AvroRecord): Resolver {
  const [problem] = incompatibilities(writer, reader)
  if (problem !== undefined) throw new SchemaError(`${problem.place} ${problem.rule}`)
  const step = recordStep(writer, reader)
  return (bytes, view, at, end, out) => {
    const start = out.length
    const next = step({ bytes, view, end }, at, out)
    if (next === end) return OK
    out.length = start
    return next < 0 ? (-next as DecodeCode) : TRAILING
  }
}

function recordStep(writer: AvroRecord, reader: AvroRecord): Step {
  if (!sameOrder(writer, reader)) return reorderedRecordStep(writer, reader)
  const steps = alignedSteps(writer, reader)
  return (input, at, out) => {
    let next = at
    for (const step of steps) {
      next = step(input, next, out)
      if (next < 0) return next
    }
    return next
  }
}

/** Whether the fields that both have stand in the same order. */
function sameOrder(writer: AvroRecord, reader: AvroRecord): boolean {
  const shared = (record: AvroRecord, other: AvroRecord): string =>
    record.fields
      .filter(({ name }) => other.fields.some((field) => field.name === name))
      .map(({ name }) => name)
      .join()
  return shared(writer, reader) === shared(reader, writer)
}

/** Steps in the order of both: the writer's own fields are skipped, ours are added where they stand. */
function alignedSteps(writer: AvroRecord, reader: AvroRecord): Step[] {
  const steps: Step[] = []
  let written = 0
  for (const field of reader.fields) {
    const index = writer.fields.findIndex(({ name }) => name === field.name)
    if (index < 0) steps.push(defaultStep(field))
    else {
      while (written < index) steps.push(skipStep(writer.fields[written++]!.type))
      steps.push(typeStep(writer.fields[written++]!.type, field.type))
    }
  }
  while (written < writer.fields.length) steps.push(skipStep(writer.fields[written++]!.type))
  return steps
}

/** Finds where each written field starts, then takes them in our order. */
function reorderedRecordStep(writer: AvroRecord, reader: AvroRecord): Step {
  const scans = writer.fields.map((field) => scanOf(field.type))
  const steps = reader.fields.map((field) => {
    const index = writer.fields.findIndex(({ name }) => name === field.name)
    const step = index < 0 ? defaultStep(field) : typeStep(writer.fields[index]!.type, field.type)
    return { index, step }
  })
  return (input, at, out) => {
    const starts = [at]
    for (const [index, scan] of scans.entries()) {
      const next = scan(input.bytes, starts[index]!, input.end)
      if (next < 0) return next
      starts.push(next)
    }
    for (const { index, step } of steps) {
      const code = step(input, starts[Math.max(0, index)]!, out)
      if (code < 0) return code
    }
    return starts.at(-1)!
  }
}

function defaultStep(field: AvroField): Step {
  const encoded = encodeDefault(field.type, field.default, field.name)
  return (_input, at, out) => {
    out.raw(encoded)
    return at
  }
}

function skipStep(type: AvroType): Step {
  const scan = scanOf(type)
  return (input, at) => scan(input.bytes, at, input.end)
}

function typeStep(writer: AvroType, reader: AvroType): Step {
  if (reader.kind === 'nullable') {
    const step = typeStep(writer.kind === 'nullable' ? writer.type : writer, reader.type)
    return writer.kind === 'nullable' ? nullableStep(step) : presentStep(step)
  }
  if (writer.kind === 'record' && reader.kind === 'record') return recordStep(writer, reader)
  if (writer.kind === 'array' && reader.kind === 'array') return arrayStep(typeStep(writer.items, reader.items))
  if (writer.kind === 'enum' && reader.kind === 'enum') return enumStep(writer, reader)
  if (reader.kind === 'double' && writer.kind !== 'double') return integerToDoubleStep(scanOf(writer))
  return copyStep(scanOf(writer))
}

function copyStep(scan: Scan): Step {
  return (input, at, out) => {
    const next = scan(input.bytes, at, input.end)
    if (next > 0) out.raw(input.bytes.subarray(at, next))
    return next
  }
}

function integerToDoubleStep(scan: Scan): Step {
  return (input, at, out) => {
    const next = scan(input.bytes, at, input.end)
    if (next > 0) out.double(readLong(input.bytes, at))
    return next
  }
}

function enumStep(writer: AvroEnum, reader: AvroEnum): Step {
  const fallback = reader.symbols.indexOf(reader.default ?? '')
  const ordinals = writer.symbols.map((symbol) => {
    const ordinal = reader.symbols.indexOf(symbol)
    return ordinal < 0 ? fallback : ordinal
  })
  return (input, at, out) => {
    const next = scanEnum(input.bytes, at, input.end, ordinals.length)
    if (next > 0) out.long(ordinals[input.bytes[at]! >>> 1]!)
    return next
  }
}

/** Reads the branch, and the value if there is one. */
function nullableStep(value: Step): Step {
  return (input, at, out) => {
    const next = scanEnum(input.bytes, at, input.end, 2)
    if (next < 0) return next
    out.byte(input.bytes[at]!)
    return input.bytes[at] === 0 ? next : value(input, next, out)
  }
}

/** Writes the branch before a value that was written without one. */
function presentStep(value: Step): Step {
  return (input, at, out) => {
    out.byte(2)
    return value(input, at, out)
  }
}

/** Makes each item a block of its own, since how many there are shows only at the end. */
function arrayStep(item: Step): Step {
  return (input, at, out) => {
    const next = scanArray(input.bytes, at, input.end, (_bytes, start) => {
      out.long(1)
      return item(input, start, out)
    })
    if (next > 0) out.byte(0)
    return next
  }
}
