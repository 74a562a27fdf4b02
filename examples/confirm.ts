// Confirms one payment with the typed client. `npm run build` and `npm start`, then in another terminal
//   node examples/confirm.ts http://127.0.0.1:3000 "$(npx sluice token --account acc-1)" tx-1001
import { argv } from 'node:process'
import { ConfirmClient } from 'sluice/client'

const [, , url = 'http://127.0.0.1:3000', token = '', transactionId = 'tx-1001'] = argv
const client = new ConfirmClient({ url, token: () => token })
const answer = await client.confirm({
  transaction_id: transactionId,
  amount: '52.00',
  from_account: 'acc-1',
  to_account: 'payee-xyz',
})
console.log(answer.status, answer.status === 'SUCCESS' ? answer.reference : answer.message)
