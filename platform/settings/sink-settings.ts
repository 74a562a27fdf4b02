import { z } from 'zod'
import { address, flag, PORT, servers, setting, wholeNumber } from './setting.ts'

/** What reads decisions, alerts and actions: Redis, the board, hooks and the archive. */
export const SINK_SETTINGS = {
  boardPort: setting('BOARD_PORT', PORT, '3000', 'the port of the fraud board; 0 takes any free port'),
  boardHost: setting(
    'BOARD_HOST',
    z.string().min(1),
    '127.0.0.1',
    'the address that the fraud board listens on; any but loopback needs SLUICE_BOARD_USERS_FILE',
  ),
  boardUsersFile: setting(
    'BOARD_USERS_FILE',
    z.string(),
    '',
    'JSON file, mode 600, of who may log in to the board; `sluice board token` makes its entries; empty is no login, on loopback alone',
  ),
  boardReviewSlaMs: setting(
    'BOARD_REVIEW_SLA_MS',
    wholeNumber(1_000, 2 ** 42),
    '3600000',
    'a review that waits for longer is marked on the board',
  ),
  redisUrl: setting(
    'REDIS_URL',
    z
      .string()
      .regex(
        /^(?:rediss?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/\d{1,4})?)?$/i,
        'redis://host:port/database, or rediss:// for TLS, without a log-in',
      ),
    '',
    'the Redis, 7.0 or later, that `sluice alerter` writes to: redis://host:port/database, rediss:// for TLS',
  ),
  redisClusterNodes: setting(
    'REDIS_CLUSTER_NODES',
    servers,
    '',
    'nodes of a Redis Cluster besides the one of SLUICE_REDIS_URL, host:port separated by commas; empty is one server',
  ),
  redisUser: setting('REDIS_USER', z.string(), '', 'the ACL user to log in to Redis as; empty is `default`'),
  redisPasswordFile: setting('REDIS_PASSWORD_FILE', z.string(), '', 'file of the password alone, mode 600'),
  redisTlsCa: setting('REDIS_TLS_CA', z.string(), '', 'PEM file of the authorities to trust; empty is those of Node'),
  redisTimeoutMs: setting(
    'REDIS_TIMEOUT_MS',
    wholeNumber(10, 60_000),
    '2000',
    'a Redis that does not answer within so long is given up and asked again later; alerts wait in the log',
  ),
  eraseArchiveAfterDays: setting(
    'ERASE_ARCHIVE_AFTER_DAYS',
    wholeNumber(0, 36_500),
    '0',
    'an erased account’s rows stay in the archive for so many days more, where a law such as that on money laundering asks for it',
  ),
  bigqueryProject: setting(
    'BIGQUERY_PROJECT',
    z.string(),
    '',
    'the Google Cloud project that `sluice archive --bigquery` writes to',
  ),
  bigqueryDataset: setting(
    'BIGQUERY_DATASET',
    z.string().regex(/^\w{1,1024}$/, 'letters, digits and `_`'),
    'sluice',
    'the dataset of the archive; `sluice archive init --bigquery` makes it',
  ),
  bigqueryLocation: setting(
    'BIGQUERY_LOCATION',
    z.string().min(1),
    'US',
    'where a new dataset stands: US, EU, europe-west3',
  ),
  bigqueryKeyFile: setting(
    'BIGQUERY_KEY_FILE',
    z.string(),
    '',
    'key file of a service account, mode 600; empty is what Google’s library finds (gcloud, the machine’s own account)',
  ),
  bigqueryUrl: setting(
    'BIGQUERY_URL',
    address(/^http$/),
    '',
    'root of the REST API of a stand-in for tests, http://host:port/bigquery/v2; empty is BigQuery itself',
  ),
  bigqueryStorage: setting(
    'BIGQUERY_STORAGE',
    z.string().regex(/^(?:(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5})?$/i, 'host:port'),
    '',
    'host:port of its Storage Write API, gRPC without TLS',
  ),
  bigqueryTimeoutMs: setting(
    'BIGQUERY_TIMEOUT_MS',
    wholeNumber(100, 600_000),
    '30000',
    'a request that BigQuery does not answer within so long is given up and asked again; rows wait in the log',
  ),
  bigqueryMode: setting(
    'BIGQUERY_MODE',
    z.enum(['stream', 'load']),
    'stream',
    'how rows go to BigQuery: stream (seconds, charged by the GiB) or load (minutes, free); docs/bigquery.md says when to choose which',
  ),
  bigqueryLoadMs: setting(
    'BIGQUERY_LOAD_MS',
    wholeNumber(1_000, 86_400_000),
    '900000',
    'with load: rows of a partition wait for so long for their jobs; under 691200 ms BigQuery’s daily quota would not last, and it is refused',
  ),
  bigqueryLoadMb: setting(
    'BIGQUERY_LOAD_MB',
    wholeNumber(1, 4_096),
    '256',
    'with load: or until those of a partition take so many MB; up to twice so much of the disk for each busy partition',
  ),
  hooksFile: setting(
    'HOOKS',
    z.string(),
    '',
    'YAML file of the hooks that actions are brought to (docs/hooks.md); empty is none',
  ),
  archive: setting('ARCHIVE', flag, 'yes', '`up` archives in a process of its own, for `sluice sql`: yes or no'),
  archiveMemoryMb: setting(
    'ARCHIVE_MEMORY_MB',
    wholeNumber(64, 1 << 20),
    '512',
    'MB that the archive’s DuckDB may take, for rows and queries together',
  ),
} as const
