import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Access, type BoardUser, requireOwnOrigin } from './access.ts'
import { Problem, sendProblem } from './problem.ts'
import { type ActBy, ActRefused, type BoardActs } from './sources.ts'
import type { ActResult, Role, StandingKind } from './views.ts'

const REASON_MAX = 200
const ACCOUNT = /^[A-Za-z0-9._:-]{1,64}$/
const DECISION = /^\d{1,4}-\d{1,16}$/

const reason = z
  .string()
  .trim()
  .min(1, 'say why')
  .max(REASON_MAX)
  // It stands in a record for ever and is shown in terminals.
  .regex(/^\P{C}*$/u, 'no control characters')
const ReasonBody = z.strictObject({ reason })
const StandingBody = z.strictObject({ reason, until: z.iso.datetime({ offset: true }).optional() })

/** One act of a person: its name in the audit, the least role, and what it does. */
interface Act {
  readonly name: string
  readonly role: Role
  readonly subject: string
  readonly run: (user: BoardUser) => Promise<ActResult>
  /** What the person gave as reason, as far as it was read. */
  readonly reason: () => string | null
  /** What it does is to write its own record. */
  readonly recordsItself?: boolean
}

interface StandingAct {
  readonly path: string
  readonly name: string
  readonly kind: StandingKind
  readonly role: Role
}

const STANDING_ACTS: readonly StandingAct[] = [
  { path: 'block', name: 'account.block', kind: 'ACCOUNT_BLOCKED', role: 'analyst' },
  { path: 'unblock', name: 'account.unblock', kind: 'ACCOUNT_LIFTED', role: 'analyst' },
  { path: 'allow', name: 'account.allow', kind: 'ACCOUNT_ALLOWED', role: 'admin' },
]

const REVIEW_ENDS = [
  { path: 'approve', name: 'review.approve', kind: 'REVIEW_APPROVED' },
  { path: 'decline', name: 'review.decline', kind: 'REVIEW_DECLINED' },
] as const

/** Everything that changes something: each needs a role and a reason, comes from our own page, and is audited however it ends. */
export function actRoutes(app: FastifyInstance, access: Access, acts: BoardActs): void {
  for (const { path, name, kind, role } of STANDING_ACTS) {
    app.post<{ Params: { account: string } }>(`/api/accounts/:account/${path}`, (request, reply) => {
      const { account } = request.params
      return perform(request, reply, access, acts, {
        name,
        role,
        subject: account,
        reason: () => reasonOf(request.body),
        run: ({ name: actor }) => {
          if (!ACCOUNT.test(account)) throw new Problem(400, 'an account is 1 to 64 of [A-Za-z0-9._:-]')
          const body = parsed(StandingBody, request.body)
          const until = body.until === undefined ? null : Date.parse(body.until)
          if (kind === 'ACCOUNT_ALLOWED' && until === null) throw new Problem(400, 'until: an allowance needs an end')
          return acts.standing(kind, account, until, { actor, reason: body.reason })
        },
      })
    })
  }
  for (const { path, name, kind } of REVIEW_ENDS) {
    reviewRoute(app, access, acts, { path, name }, (decisionId, by) => acts.endReview(kind, decisionId, by))
  }
  app.post<{ Params: { decision: string } }>('/api/reviews/:decision/claim', (request, reply) => {
    const { decision } = request.params
    return perform(request, reply, access, acts, {
      name: 'review.claim',
      role: 'analyst',
      subject: decision,
      reason: () => null,
      recordsItself: true,
      run: ({ name, role }) => acts.claim(decisionOf(decision), name, role, request.id),
    })
  })
}

function reviewRoute(
  app: FastifyInstance,
  access: Access,
  acts: BoardActs,
  { path, name }: { readonly path: string; readonly name: string },
  run: (decisionId: string, by: ActBy) => Promise<ActResult>,
): void {
  app.post<{ Params: { decision: string } }>(`/api/reviews/:decision/${path}`, (request, reply) => {
    const { decision } = request.params
    return perform(request, reply, access, acts, {
      name,
      role: 'analyst',
      subject: decision,
      reason: () => reasonOf(request.body),
      run: ({ name: actor }) => run(decisionOf(decision), { actor, reason: parsed(ReasonBody, request.body).reason }),
    })
  })
}

async function perform(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  acts: BoardActs,
  act: Act,
): Promise<ActResult | FastifyReply> {
  // Nobody is known yet, so nothing is recorded: a foreign page must not fill the audit.
  requireOwnOrigin(request)
  const user = access.userOf(request)
  if (user === null) throw new Problem(401, 'log in first')
  const record = (result: string, why: string | null) => {
    const { name, subject } = act
    return acts.audit({
      actor: user.name,
      role: user.role,
      act: name,
      subject,
      result,
      reason: why,
      requestId: request.id,
    })
  }
  let done: ActResult
  try {
    access.require(request, act.role)
    done = await act.run(user)
  } catch (error) {
    const refused = error instanceof Problem || error instanceof ActRefused
    await record(refused ? 'refused' : 'failed', refused ? error.message : act.reason())
    if (refused) return sendProblem(reply, error.status, error.message)
    throw error
  }
  // Not in the try: an act that holds is never written down as one that failed.
  if (act.recordsItself !== true) await record('done', act.reason())
  return done
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const [issue] = error.issues
  throw new Problem(400, `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not valid'}`)
}

function reasonOf(body: unknown): string | null {
  const read = z.object({ reason }).safeParse(body)
  return read.success ? read.data.reason : null
}

function decisionOf(text: string): string {
  if (DECISION.test(text)) return text
  throw new Problem(400, 'a decision is <partition>-<offset>')
}
