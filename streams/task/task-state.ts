import { StreamsError } from '../errors.ts'

/**
 * The life of a task:
 *
 *            start            opened             restored
 *   CREATED ------> OPENING --------> RESTORING ---------> RUNNING
 *                      ^                  |                 |   |
 *                      |     lost         |       lost      |   | stop
 *                      +------------------+-----------------+   v
 *                                                           CLOSING ---> CLOSED
 *   fenced: any live state ---> FENCED      failed: any live state ---> FAILED
 *
 * `lost` is SPEC X2's "any error": the outcome of the last commit is unknown, so the task opens a new session.
 */
export type TaskState = 'CREATED' | 'OPENING' | 'RESTORING' | 'RUNNING' | 'CLOSING' | 'CLOSED' | 'FENCED' | 'FAILED'
export type TaskEvent = 'start' | 'opened' | 'restored' | 'lost' | 'stop' | 'closed' | 'fenced' | 'failed'

const NEVER = null

/** Every state with every event; null is a move that the runtime never makes. A missing case does not compile. */
export const TASK_MOVES: Readonly<Record<TaskState, Readonly<Record<TaskEvent, TaskState | null>>>> = {
  CREATED: {
    start: 'OPENING',
    opened: NEVER,
    restored: NEVER,
    lost: NEVER,
    stop: 'CLOSED',
    closed: NEVER,
    fenced: NEVER,
    failed: 'FAILED',
  },
  OPENING: {
    start: NEVER,
    opened: 'RESTORING',
    restored: NEVER,
    lost: 'OPENING',
    stop: 'CLOSING',
    closed: NEVER,
    fenced: 'FENCED',
    failed: 'FAILED',
  },
  RESTORING: {
    start: NEVER,
    opened: NEVER,
    restored: 'RUNNING',
    lost: 'OPENING',
    stop: 'CLOSING',
    closed: NEVER,
    fenced: 'FENCED',
    failed: 'FAILED',
  },
  RUNNING: {
    start: NEVER,
    opened: NEVER,
    restored: NEVER,
    lost: 'OPENING',
    stop: 'CLOSING',
    closed: NEVER,
    fenced: 'FENCED',
    failed: 'FAILED',
  },
  CLOSING: {
    start: NEVER,
    opened: NEVER,
    restored: NEVER,
    lost: 'CLOSED',
    stop: 'CLOSING',
    closed: 'CLOSED',
    fenced: 'FENCED',
    failed: 'FAILED',
  },
  CLOSED: {
    start: NEVER,
    opened: NEVER,
    restored: NEVER,
    lost: NEVER,
    stop: 'CLOSED',
    closed: 'CLOSED',
    fenced: NEVER,
    failed: NEVER,
  },
  FENCED: {
    start: NEVER,
    opened: NEVER,
    restored: NEVER,
    lost: NEVER,
    stop: 'FENCED',
    closed: 'FENCED',
    fenced: 'FENCED',
    failed: NEVER,
  },
  FAILED: {
    start: NEVER,
    opened: NEVER,
    restored: NEVER,
    lost: NEVER,
    stop: 'FAILED',
    closed: 'FAILED',
    fenced: NEVER,
    failed: 'FAILED',
  },
}

/** The state after `event`. @throws StreamsError on a move that the table does not have: our bug. */
export function nextTaskState(state: TaskState, event: TaskEvent): TaskState {
  const next = TASK_MOVES[state][event]
  if (next === null)
    throw new StreamsError('INVARIANT', 'stop', `a task in ${state} met ${event}; this is a bug in Sluice`)
  return next
}
