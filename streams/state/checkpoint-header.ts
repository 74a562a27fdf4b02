/**
 * The head of a checkpoint (all numbers little-endian, as typed arrays lay them out):
 * magic (8 bytes), format version (u32), length of the JSON (u32), the JSON, CRC-32C of all before it (u32).
 * Then each section, followed by its CRC-32C (u32); at the end the CRC-32C of everything before it (u32).
 */

import { crc32c } from '@node-rs/crc32'

const MAGIC = new TextEncoder().encode('SLUICECP')
/** Raised whenever the bytes around the sections change. */
const FORMAT_VERSION = 1
/** Bytes before the header's JSON. */
export const PREFIX_BYTES = 16
/** Bytes of one CRC-32C. */
export const CRC_BYTES = 4
const JSON_BYTES_MAX = 1 << 20

/** What a task's checkpoints have in common; a checkpoint that differs in it, `createdBy` aside, is refused. */
export interface CheckpointIdentity {
  readonly topology: string
  readonly semanticsVersion: number
  readonly topic: string
  readonly partition: number
  /** Id of the key of the state's hashes. */
  readonly stateKeyId: string
  /** Name and version of the program that wrote it. */
  readonly createdBy: string
}

/** Where in the input the state stands: the next offset to fold, and stream time, ms. */
export interface CheckpointPosition {
  readonly nextOffset: number
  readonly streamTimeMs: number
}

export interface SectionHeader {
  readonly name: string
  readonly layout: string
  readonly byteLength: number
}

export interface CheckpointHeader extends CheckpointIdentity, CheckpointPosition {
  readonly sections: readonly SectionHeader[]
}

/** Why a checkpoint is not believed, in words for the operator. */
export class Refusal extends Error {}

/** The bytes of the head, its CRC included. */
export function encodeHeader(header: CheckpointHeader): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(PREFIX_BYTES + json.length + CRC_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(8, FORMAT_VERSION, true)
  view.setUint32(12, json.length, true)
  bytes.set(json, PREFIX_BYTES)
  view.setUint32(PREFIX_BYTES + json.length, crc32c(bytes.subarray(0, PREFIX_BYTES + json.length)), true)
  return bytes
}

/** Length of the whole head, from its first PREFIX_BYTES. */
export function headerLength(prefix: Uint8Array): number {
  if (!MAGIC.every((byte, at) => prefix[at] === byte)) throw new Refusal('it does not begin as a checkpoint (magic)')
  const view = new DataView(prefix.buffer, prefix.byteOffset)
  const version = view.getUint32(8, true)
  if (version !== FORMAT_VERSION) throw new Refusal(`format version ${version}; this program reads ${FORMAT_VERSION}`)
  const jsonLength = view.getUint32(12, true)
  if (jsonLength > JSON_BYTES_MAX) throw new Refusal(`a header of ${jsonLength} bytes is too long`)
  return PREFIX_BYTES + jsonLength + CRC_BYTES
}

/** Reads the head, once its CRC agrees. */
export function decodeHeader(bytes: Uint8Array): CheckpointHeader {
  const end = bytes.length - CRC_BYTES
  if (crc32c(bytes.subarray(0, end)) !== readCrc(bytes, end)) throw new Refusal('the header is damaged (CRC-32C)')
  return JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, end))) as CheckpointHeader
}

export function readCrc(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
}

export function writeCrc(crc: number): Uint8Array {
  const bytes = new Uint8Array(CRC_BYTES)
  new DataView(bytes.buffer).setUint32(0, crc, true)
  return bytes
}

/** Length of the whole checkpoint. */
export function checkpointLength(header: CheckpointHeader, headBytes: number): number {
  return header.sections.reduce((sum, section) => sum + section.byteLength + CRC_BYTES, headBytes + CRC_BYTES)
}

const IDENTIFYING = ['topology', 'semanticsVersion', 'topic', 'partition', 'stateKeyId'] as const

/** Refuses the checkpoint of another task, of other semantics, or with sections of another form. */
export function requireSame(
  found: CheckpointHeader,
  expected: CheckpointIdentity,
  sections: readonly { readonly name: string; readonly layout: string }[],
): void {
  for (const field of IDENTIFYING) {
    if (found[field] === expected[field]) continue
    throw new Refusal(`${field} is ${found[field]}, expected ${expected[field]} (written by ${found.createdBy})`)
  }
  const [has, wants] = [found.sections, sections].map((list) => list.map(({ name, layout }) => `${name}: ${layout}`))
  if (String(has) !== String(wants)) throw new Refusal(`its sections are [${has}], expected [${wants}]`)
}
