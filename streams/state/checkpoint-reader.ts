import { crc32c } from '@node-rs/crc32'
import {
  type CheckpointHeader,
  type CheckpointIdentity,
  CRC_BYTES,
  checkpointLength,
  decodeHeader,
  headerLength,
  PREFIX_BYTES,
  Refusal,
  readCrc,
  requireSame,
} from './checkpoint-header.ts'
import type { CheckpointSource } from './checkpoint-store.ts'
import type { CheckpointedStore, SectionReader } from './section.ts'

/** Read at a time; the event loop gets a turn between two reads. */
const READ_BYTES = 1 << 18

/** A checkpoint whose every byte was verified, and where its sections begin. */
export interface VerifiedCheckpoint {
  readonly header: CheckpointHeader
  readonly sectionsAt: number
}

/** Verifies a checkpoint from the first to the last byte. @throws Refusal with the reason. */
export async function verifyCheckpoint(
  source: CheckpointSource,
  expected: CheckpointIdentity,
  stores: readonly CheckpointedStore[],
): Promise<VerifiedCheckpoint> {
  if (source.byteLength < PREFIX_BYTES) throw new Refusal(`it is cut off at byte ${source.byteLength}`)
  const prefix = new Uint8Array(PREFIX_BYTES)
  await source.read(0, prefix)
  const sectionsAt = headerLength(prefix)
  if (source.byteLength < sectionsAt) throw new Refusal(`it is cut off at byte ${source.byteLength}, within the header`)
  const head = new Uint8Array(sectionsAt)
  await source.read(0, head)
  const header = decodeHeader(head)
  requireSame(header, expected, stores)
  const length = checkpointLength(header, sectionsAt)
  if (source.byteLength !== length) throw new Refusal(`it has ${source.byteLength} bytes, ${length} expected`)

  const stream = new CheckpointStream(source, crc32c(head), sectionsAt)
  for (const { name, byteLength } of header.sections) {
    if (!(await stream.skipSection(byteLength))) throw new Refusal(`section ${name} is damaged (CRC-32C)`)
  }
  const whole = stream.crc
  const last = new Uint8Array(CRC_BYTES)
  await stream.read(last)
  if (readCrc(last, 0) !== whole) throw new Refusal('the whole is damaged (CRC-32C)')
  return { header, sectionsAt }
}

/** Fills new stores from a verified checkpoint. */
export async function restoreStores(
  source: CheckpointSource,
  { header, sectionsAt }: VerifiedCheckpoint,
  stores: readonly CheckpointedStore[],
): Promise<void> {
  const stream = new CheckpointStream(source, 0, sectionsAt)
  for (const [number, { name, byteLength }] of header.sections.entries()) {
    if (!(await stream.readSection(byteLength, (reader) => stores[number]!.restore(reader)))) {
      throw new Refusal(`section ${name} changed while it was read`)
    }
  }
}

/** Reads on from a position and keeps the CRC of the section at hand and of all bytes so far. */
class CheckpointStream {
  readonly #source: CheckpointSource
  readonly #buffer: Uint8Array
  #buffered: Uint8Array = new Uint8Array()
  #position: number
  #crc: number
  #sectionCrc = 0

  constructor(source: CheckpointSource, crcBefore: number, position: number) {
    this.#source = source
    this.#buffer = new Uint8Array(Math.min(READ_BYTES, source.byteLength))
    this.#crc = crcBefore
    this.#position = position
  }

  /** CRC-32C of everything so far. */
  get crc(): number {
    return this.#crc
  }

  /** Reads over a section; false if its CRC does not agree. */
  async skipSection(byteLength: number): Promise<boolean> {
    this.#sectionCrc = 0
    for (let left = byteLength; left > 0; ) left -= (await this.#take(left)).length
    return this.#endSection()
  }

  /** Hands a section to `restore`; false if its CRC does not agree. */
  async readSection(byteLength: number, restore: (reader: SectionReader) => Promise<void>): Promise<boolean> {
    this.#sectionCrc = 0
    await restore({ byteLength, read: (target) => this.read(target) })
    return this.#endSection()
  }

  async #endSection(): Promise<boolean> {
    const crc = this.#sectionCrc
    const stored = new Uint8Array(CRC_BYTES)
    await this.read(stored)
    return readCrc(stored, 0) === crc
  }

  async read(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      const bytes = await this.#take(target.length - filled)
      target.set(bytes, filled)
      filled += bytes.length
    }
  }

  /** At least one and at most `most` bytes; they are valid until the next call. */
  async #take(most: number): Promise<Uint8Array> {
    if (this.#buffered.length === 0) {
      const length = Math.min(READ_BYTES, this.#source.byteLength - this.#position)
      if (length <= 0) throw new Refusal(`it is cut off at byte ${this.#position}`)
      this.#buffered = this.#buffer.subarray(0, length)
      await this.#source.read(this.#position, this.#buffered)
      this.#position += length
    }
    const bytes = this.#buffered.subarray(0, most)
    this.#buffered = this.#buffered.subarray(bytes.length)
    this.#crc = crc32c(bytes, this.#crc)
    this.#sectionCrc = crc32c(bytes, this.#sectionCrc)
    return bytes
  }
}
