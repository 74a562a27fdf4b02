import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MemberFile } from '../../../streams/kafka/member-file.ts'
import { temporaryFolder } from '../../bin/sluice-process.ts'

const IDENTITY = { memberId: 'm-1', memberEpoch: 7 }

function newPath(): string {
  return join(temporaryFolder(), 'members', 'one.json')
}

/** Writes the file as another process had: `pid` is alive or not. */
function writtenBy(path: string, pid: number, birth: string): void {
  const kept = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({ ...kept, pid, birth }))
}

test('SPEC X4: a member is kept over a crash, and forgotten after a farewell', () => {
  const path = newPath()
  expect(new MemberFile(path, 'sluice').load()).toBeNull()
  new MemberFile(path, 'sluice').save({ ...IDENTITY, memberEpoch: 6 })
  new MemberFile(path, 'sluice').save(IDENTITY)
  writtenBy(path, 2 ** 22 + 1, 'gone')
  expect(new MemberFile(path, 'sluice').load()).toEqual(IDENTITY)
  new MemberFile(path, 'sluice').clear()
  expect(new MemberFile(path, 'sluice').load()).toBeNull()
})

test.each([
  { why: 'cut off by a full disk', text: '{"groupId":"sluice","memberId"' },
  { why: 'of another format', text: '{"memberId":"m-1","memberEpoch":"7"}' },
  { why: 'of another group', text: null },
])('a file that is $why makes a new member', ({ text }) => {
  const path = newPath()
  new MemberFile(path, 'another').save(IDENTITY)
  if (text !== null) writeFileSync(path, text)
  expect(new MemberFile(path, 'sluice').load()).toBeNull()
})

test('SPEC X3: a second process of one name is refused while the first lives', async () => {
  const path = newPath()
  const first: ChildProcess = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { MemberFile } from ${JSON.stringify(join(import.meta.dirname, '../../../streams/kafka/member-file.ts'))}
     new MemberFile(${JSON.stringify(path)}, 'sluice').save(${JSON.stringify(IDENTITY)})
     console.log('saved'); setInterval(() => {}, 1_000)`,
  ])
  onTestFinished(() => void first.kill('SIGKILL'))
  await once(first.stdout as NodeJS.ReadableStream, 'data')
  expect(() => new MemberFile(path, 'sluice').load()).toThrow(new RegExp(`pid ${first.pid}.*another name`))
  first.kill('SIGKILL')
  await once(first, 'exit')
  expect(new MemberFile(path, 'sluice').load()).toEqual(IDENTITY)
})
