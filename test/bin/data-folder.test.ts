import { chmodSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KEY_FILES } from '../../bin/runtime/keys.ts'
import { openSession, openWritingSession } from '../../bin/runtime/session.ts'
import { testConfig } from './decided-folder.ts'
import { temporaryFolder } from './sluice-process.ts'

// Goal: a start never makes up what a folder has lost, and never takes another folder's parts for its own.
async function newFolder(): Promise<string> {
  const folder = temporaryFolder()
  await (await openWritingSession(testConfig(folder))).log.close()
  return folder
}

const opening = async (folder: string, given: Readonly<Record<string, string>> = {}) => {
  const session = await openWritingSession(testConfig(folder, given))
  await session.log.close()
}

test('SPEC M3: a new demo folder has its own keys, readable by their owner alone', async () => {
  const [one, other] = [await newFolder(), await newFolder()]
  for (const name of Object.values(KEY_FILES)) {
    expect(statSync(join(one, 'keys', name)).mode & 0o777, name).toBe(0o600)
    expect(readFileSync(join(one, 'keys', name), 'utf8')).not.toBe(readFileSync(join(other, 'keys', name), 'utf8'))
  }
  expect(statSync(one).mode & 0o077).toBe(0)
})

test.for([KEY_FILES.mask, KEY_FILES.state, KEY_FILES.signers])(
  'SPEC M3: a folder without %s does not start',
  async (name) => {
    const folder = await newFolder()
    rmSync(join(folder, 'keys', name))
    await expect(opening(folder)).rejects.toThrow(join(folder, 'keys', name))
  },
)

test('SPEC M3: outside the demo profile absent keys stop the start, and none are made', async () => {
  const folder = temporaryFolder()
  await expect(opening(folder, { SLUICE_PROFILE: 'production' })).rejects.toThrow(KEY_FILES.mask)
  expect(statSync(join(folder, 'keys'), { throwIfNoEntry: false })).toBeUndefined()
  await expect(opening(folder, { SLUICE_KEYS: join(folder, 'elsewhere') })).rejects.toThrow(join(folder, 'elsewhere'))
})

test('data folder: a key that others can read stops the start and says what to run', async () => {
  const folder = await newFolder()
  const file = join(folder, 'keys', KEY_FILES.mask)
  chmodSync(file, 0o644)
  await expect(opening(folder)).rejects.toThrow(`chmod 600 ${file}`)
})

test('data folder: the keys of another folder are refused by name', async () => {
  const [folder, other] = [await newFolder(), await newFolder()]
  cpSync(join(other, 'keys', KEY_FILES.mask), join(folder, 'keys', KEY_FILES.mask))
  await expect(opening(folder)).rejects.toThrow('mask key mask-1')
  const third = await newFolder()
  cpSync(join(other, 'keys', KEY_FILES.state), join(third, 'keys', KEY_FILES.state))
  await expect(opening(third)).rejects.toThrow('state key')
})

test('data folder: the log of another folder is refused', async () => {
  const [folder, other] = [await newFolder(), await newFolder()]
  cpSync(join(other, 'log', 'outputs'), join(folder, 'log', 'outputs'), { recursive: true })
  await expect(opening(folder)).rejects.toMatchObject({ code: 'FOLDER_MIXED' })
  const third = await newFolder()
  rmSync(join(third, 'log'), { recursive: true })
  cpSync(join(other, 'log'), join(third, 'log'), { recursive: true })
  await expect(opening(third)).rejects.toThrow('two folders were mixed')
})

test('data folder: another semantics version is refused by name', async () => {
  const folder = await newFolder()
  const file = join(folder, 'folder.json')
  const description = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...description, semanticsVersion: 999 }))
  await expect(opening(folder)).rejects.toThrow('semantics version 999')
})

test('data folder: reading one that is not there makes nothing', async () => {
  const folder = join(temporaryFolder(), 'none')
  await expect(openSession(testConfig(folder))).rejects.toThrow(folder)
  expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined()
})
