import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { StreamsError } from '../errors.ts'
import { currentProcess, isAlive } from '../machine/process-birth.ts'
import type { MemberStore } from './group-member.ts'
import type { GroupMemberIdentity } from './group-offsets.ts'

const Schema = z.strictObject({
  groupId: z.string(),
  memberId: z.string(),
  memberEpoch: z.int(),
  pid: z.int(),
  birth: z.string(),
})

/** A process's membership, kept in a file: one that is started again after a crash is the same member. */
export class MemberFile implements MemberStore {
  private readonly path: string
  private readonly groupId: string

  constructor(path: string, groupId: string) {
    this.path = path
    this.groupId = groupId
  }

  /** @throws StreamsError MEMBER_ALIVE (stop) while the process that wrote it lives: two processes would be one member. */
  load(): GroupMemberIdentity | null {
    const kept = this.read()
    if (kept === null) return null
    if (kept.pid !== process.pid && isAlive(kept)) {
      const what = `${this.path} belongs to a process that runs (pid ${kept.pid}); give this one another name`
      throw new StreamsError('MEMBER_ALIVE', 'stop', what)
    }
    const { groupId, memberId, memberEpoch } = kept
    return groupId === this.groupId ? { memberId, memberEpoch } : null
  }

  save({ memberId, memberEpoch }: GroupMemberIdentity): void {
    const { path, groupId } = this
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Not synced: after a loss of power the member joins anew, which costs a moment and nothing else.
    writeFileSync(`${path}.new`, `${JSON.stringify({ groupId, memberId, memberEpoch, ...currentProcess() })}\n`, {
      mode: 0o600,
    })
    renameSync(`${path}.new`, path)
  }

  clear(): void {
    rmSync(this.path, { force: true })
  }

  private read() {
    try {
      return Schema.parse(JSON.parse(readFileSync(this.path, 'utf8')))
    } catch {
      return null // Missing or cut off: as good as a new member.
    }
  }
}
