import { type Scan, scanArray, scanBoolean, scanDouble, scanEnum, scanInt, scanLong, scanString } from './scan.ts'
import type { AvroType } from './schema.ts'

/** The scan of any type, for the paths without generated code. */
export function scanOf(type: AvroType): Scan {
  switch (type.kind) {
    case 'boolean':
      return scanBoolean
    case 'int':
      return scanInt
    case 'long':
      return scanLong
    case 'double':
      return scanDouble
    case 'string':
    case 'bytes':
      return scanString
    case 'enum':
      return (bytes, at, end) => scanEnum(bytes, at, end, type.symbols.length)
    case 'array': {
      const item = scanOf(type.items)
      return (bytes, at, end) => scanArray(bytes, at, end, item)
    }
    case 'nullable': {
      const value = scanOf(type.type)
      return (bytes, at, end) => {
        const next = scanEnum(bytes, at, end, 2)
        return next > 0 && bytes[at] !== 0 ? value(bytes, next, end) : next
      }
    }
    case 'record': {
      const scans = type.fields.map((field) => scanOf(field.type))
      return (bytes, at, end) => scans.reduce((next, scan) => (next < 0 ? next : scan(bytes, next, end)), at)
    }
  }
}
