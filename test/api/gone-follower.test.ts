import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { serveWeb } from '../../bin/runtime/web-server.ts'
import { ApiGround, CALL, confirm } from './api-ground.ts'

// Goal: who asks to follow a payment and is gone before it is followed takes no place of those who stay.

test('SPEC C1: a connection that was reset while its token was checked is not followed for', async () => {
  const ground = await ApiGround.open()
  onTestFinished(() => ground.close())
  await ground.decide()
  const { api, url } = await ground.serve('one')
  const token = await ground.token('usr-1', ['acc-1'])
  // It waits for a code, so its events have no end yet.
  await confirm({ url }, token, { ...CALL, amount: 5_200 })
  const open = () => api['view']['listeners'].size
  expect(open()).toBe(0)

  const arrived = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const server = await serveWeb({
    host: '127.0.0.1',
    port: 0,
    setting: 'none',
    routes: [
      async (app) => {
        // The last thing before the handler: the connection is lost while it lasts.
        app.addHook('preHandler', async (_request, reply) => {
          arrived.resolve()
          await once(reply.raw, 'close')
          gone.resolve()
        })
        await app.register(api.routes)
      },
    ],
    home: '/docs',
  })
  onTestFinished(() => server.close())
  const caller = connect(server.port, '127.0.0.1')
  caller.write(
    `GET /payments/${CALL.transaction_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
  await arrived.promise
  caller.resetAndDestroy()
  await gone.promise
  await setImmediate()
  expect(open()).toBe(0)
})
