import { StreamsError } from '../errors.ts'

/**
 * One member of a group by KIP-848, as a pure machine: what it owns, what the coordinator wants it to own, and what its next
 * heartbeat says. `group-member.ts` sends and waits; nothing here does.
 *
 *             answered              answered: something is taken away
 *   JOINING ------------> STABLE ----------------------------------> HANDING_OVER
 *      ^                   |  ^                                        |      |
 *      |                   |  +--------- released: all of it ----------+      |
 *      |   released: all   | fenced                                           | fenced
 *      +------------- ABANDONING <--------------------------------------------+
 *
 *   stop: any live phase ---> LEAVING ---released: all, then left---> LEFT
 *
 * A partition that is taken away stays owned until its task has drained, committed and closed; only then is the coordinator
 * told, and only then does it give the partition to somebody else. A fenced member has lost everything already: its
 * tasks close, and it joins again at epoch 0 once they are gone.
 */
export type MemberPhase = 'JOINING' | 'STABLE' | 'HANDING_OVER' | 'ABANDONING' | 'LEAVING' | 'LEFT'

export type MemberEvent =
  /** `told` is what the answered heartbeat said is owned, null when it said nothing of it. */
  | {
      readonly event: 'answered'
      readonly epoch: number
      readonly assignment: readonly number[] | null
      readonly told: readonly number[] | null
    }
  | { readonly event: 'unanswered' | 'fenced' | 'stop' | 'left' }
  | { readonly event: 'released'; readonly partitions: readonly number[] }

/** Everything that a member knows. A partition here is a number that the caller can tell from every other. */
export interface Membership {
  readonly phase: MemberPhase
  /** 0 asks to join. */
  readonly epoch: number
  /** Partitions whose tasks run or are being closed. */
  readonly owned: readonly number[]
  /** Partitions that the coordinator wants this member to own. */
  readonly target: readonly number[]
  /** What the coordinator believes is owned; null when that is unknown, and everything is to be said again. */
  readonly told: readonly number[] | null
}

/** A heartbeat, as far as the machine decides it. */
export interface Heartbeat {
  /** -1 says farewell. */
  readonly epoch: number
  /** Whether subscription and time-outs are said as well. */
  readonly full: boolean
  /** Null leaves what was said before. */
  readonly owned: readonly number[] | null
}

/** The epoch of a farewell. */
export const LEAVE_EPOCH = -1

type Name = MemberEvent['event']

const NEVER = null

/**
 * Every phase with every event; null is an event that cannot come there. Where a move ends is also a matter of what is
 * left: see `nextMembership`.
 */
export const MEMBER_MOVES: Readonly<Record<MemberPhase, Readonly<Record<Name, MemberPhase | null>>>> = {
  JOINING: {
    answered: 'STABLE',
    unanswered: 'JOINING',
    fenced: 'JOINING',
    released: NEVER,
    stop: 'LEAVING',
    left: NEVER,
  },
  STABLE: {
    answered: 'STABLE',
    unanswered: 'STABLE',
    fenced: 'ABANDONING',
    released: 'STABLE',
    stop: 'LEAVING',
    left: NEVER,
  },
  HANDING_OVER: {
    answered: 'STABLE',
    unanswered: 'HANDING_OVER',
    fenced: 'ABANDONING',
    released: 'STABLE',
    stop: 'LEAVING',
    left: NEVER,
  },
  ABANDONING: {
    answered: NEVER,
    unanswered: NEVER,
    fenced: NEVER,
    released: 'JOINING',
    stop: 'LEAVING',
    left: NEVER,
  },
  LEAVING: {
    answered: 'LEAVING',
    unanswered: 'LEAVING',
    fenced: 'LEAVING',
    released: 'LEAVING',
    stop: 'LEAVING',
    left: 'LEFT',
  },
  LEFT: { answered: NEVER, unanswered: NEVER, fenced: NEVER, released: NEVER, stop: 'LEFT', left: 'LEFT' },
}

/** A new member, or one that comes back with the epoch that it had when its process died. */
export function joining(keptEpoch = 0): Membership {
  return { phase: 'JOINING', epoch: keptEpoch, owned: [], target: [], told: null }
}

/** The membership after `event`. @throws StreamsError on an event that the table does not have: our bug. */
export function nextMembership(membership: Membership, event: MemberEvent): Membership {
  const phase = MEMBER_MOVES[membership.phase][event.event]
  if (phase === null) {
    const what = `a member that is ${membership.phase} met ${event.event}; this is a bug in Sluice`
    throw new StreamsError('INVARIANT', 'stop', what)
  }
  return settled({ ...membership, ...changes(membership, event), phase })
}

/** Partitions whose tasks are to be drained, committed and closed; each is told of by `released`. */
export function surplus({ owned, target }: Membership): readonly number[] {
  return owned.filter((partition) => !target.includes(partition))
}

/** What to say next; null while there is nobody to say it to. */
export function heartbeatOf({ phase, epoch, owned, told }: Membership): Heartbeat | null {
  if (phase === 'ABANDONING' || phase === 'LEFT') return null
  // Fenced while it closes: a heartbeat now would join again.
  if (phase === 'LEAVING' && owned.length > 0 && epoch === 0) return null
  if (phase === 'LEAVING' && owned.length === 0) return { epoch: LEAVE_EPOCH, full: false, owned: null }
  if (told === null) return { epoch, full: true, owned }
  return { epoch, full: false, owned: same(told, owned) ? null : owned }
}

/**
 * Whether the next heartbeat should not wait for its interval. One that lets go of a part only should: the coordinator gives
 * nothing on before all that it asked for is released.
 */
export function hasNews(membership: Membership): boolean {
  const { phase, owned } = membership
  if (phase === 'HANDING_OVER') return false
  if (phase === 'LEAVING') return owned.length === 0
  if (phase === 'JOINING') return true
  const heartbeat = heartbeatOf(membership)
  return heartbeat !== null && !heartbeat.full && heartbeat.owned !== null
}

function changes(membership: Membership, event: MemberEvent): Partial<Membership> {
  const { phase, owned, target, told } = membership
  switch (event.event) {
    case 'answered': {
      const { epoch, assignment } = event
      const wanted = phase === 'LEAVING' ? [] : (assignment ?? target)
      // What is new is free already: the coordinator waits for its former owner, not for this member.
      return { epoch, target: wanted, owned: union(owned, wanted), told: event.told ?? told }
    }
    case 'unanswered':
      return { told: null }
    case 'fenced':
      return { epoch: 0, target: [], told: null }
    case 'released':
      // A partition that was wanted back meanwhile stays owned; its task begins anew.
      return { owned: owned.filter((one) => !event.partitions.includes(one) || target.includes(one)) }
    case 'stop':
      return { target: [] }
    case 'left':
      return { epoch: 0, owned: [] }
  }
}

/** The phase that the move leads to, by what is left to close. */
function settled(membership: Membership): Membership {
  const { phase, owned } = membership
  const closing = surplus(membership).length > 0
  if (phase === 'STABLE' && closing) return { ...membership, phase: 'HANDING_OVER' }
  if (phase === 'JOINING' && owned.length > 0) return { ...membership, phase: 'ABANDONING' }
  if (phase === 'ABANDONING' && owned.length === 0) return { ...membership, phase: 'JOINING' }
  return membership
}

function union(owned: readonly number[], wanted: readonly number[]): readonly number[] {
  return [...new Set([...owned, ...wanted])].sort((a, b) => a - b)
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((partition, i) => partition === b[i])
}
