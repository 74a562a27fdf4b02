import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../../streams/kafka/frame-reader.ts'

// Goal: frames come out whole and in order, however the stream was cut into reads.
const frames = fc.array(fc.uint8Array({ minLength: 4, maxLength: 200 }), { minLength: 1, maxLength: 20 })

function streamOf(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(body.length)
      return [length, body]
    }),
  )
}

test.each([true, false])('frames: any way of cutting the stream gives the same frames (one buffer: %s)', (reuse) => {
  let compared = 0
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }), (bodies, cuts) => {
      const found: string[] = []
      const reader = new FrameReader(reuse, 1 << 20, (frame) => found.push(frame.toString('hex')))
      const stream = streamOf(bodies)
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = cuts[i % cuts.length] as number
        reader.push(stream.subarray(at, at + size))
        at += size
      }
      expect(found).toEqual(bodies.map((body) => Buffer.from(body).toString('hex')))
      compared += found.length
    }),
  )
  expect(compared).toBeGreaterThan(100)
})

test('frames: with a buffer each, a frame outlives the next', () => {
  const found: Buffer[] = []
  const reader = new FrameReader(false, 100, (frame) => found.push(frame))
  reader.push(streamOf([Buffer.from('first'), Buffer.from('other')]))
  expect(found.map(String)).toEqual(['first', 'other'])
})

test.each([3, 0, -1, 101])('frames: a length of %d is another protocol', (length) => {
  const reader = new FrameReader(true, 100, () => {})
  const bytes = Buffer.alloc(8)
  bytes.writeInt32BE(length)
  expect(() => reader.push(bytes)).toThrow(RangeError)
})
