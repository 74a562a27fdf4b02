import { describe, expect, test } from 'vitest'
import { nextTaskState, TASK_MOVES, type TaskEvent, type TaskState } from '../../../streams/task/task-state.ts'

const STATES = Object.keys(TASK_MOVES) as TaskState[]
const EVENTS = Object.keys(TASK_MOVES.CREATED) as TaskEvent[]
const ENDS: readonly TaskState[] = ['CLOSED', 'FENCED', 'FAILED']

describe('the life of a task', () => {
  test('the table is total: every state knows every event', () => {
    expect(STATES).toHaveLength(8)
    for (const state of STATES) expect(Object.keys(TASK_MOVES[state]).sort()).toEqual([...EVENTS].sort())
  })

  test.each([
    { why: 'a quiet life', events: 'start opened restored stop closed', expected: 'CLOSED' },
    { why: 'a commit of unknown outcome', events: 'start opened restored lost opened restored', expected: 'RUNNING' },
    { why: 'a session that cannot be opened', events: 'start lost lost opened', expected: 'RESTORING' },
    { why: 'stopped before it began', events: 'stop', expected: 'CLOSED' },
    {
      why: 'lost while closing: the next start learns the outcome',
      events: 'start opened restored stop lost',
      expected: 'CLOSED',
    },
    { why: 'another owner', events: 'start opened restored fenced', expected: 'FENCED' },
    { why: 'a full disk', events: 'start opened restored failed', expected: 'FAILED' },
  ])('SPEC X2: $why: $events', ({ events, expected }) => {
    let state: TaskState = 'CREATED'
    for (const event of events.split(' ')) state = nextTaskState(state, event as TaskEvent)
    expect(state).toBe(expected)
  })

  test('a move that the table does not have is our bug, and is refused by name', () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        if (TASK_MOVES[state][event] !== null) continue
        expect(() => nextTaskState(state, event)).toThrow(new RegExp(`a task in ${state} met ${event}`))
      }
    }
    expect(() => nextTaskState('CREATED', 'opened')).toThrow(
      expect.objectContaining({ code: 'INVARIANT', next: 'stop' }),
    )
  })

  test('SPEC X3: an ended task never runs again, whatever it meets', () => {
    for (const end of ENDS) {
      for (const event of EVENTS) expect([end, null]).toContain(TASK_MOVES[end][event])
    }
  })

  test('every live state can be fenced, can fail and can be stopped', () => {
    for (const state of STATES.filter((one) => one !== 'CREATED' && !ENDS.includes(one))) {
      expect(TASK_MOVES[state]).toMatchObject({ fenced: 'FENCED', failed: 'FAILED', stop: 'CLOSING' })
    }
  })
})
