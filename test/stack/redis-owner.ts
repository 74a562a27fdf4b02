import { startRedis } from '../../stack/redis/redis.ts'

// A process that starts a part, tells its pids by IPC, and waits to be killed.
const redis = await startRedis()
process.send?.(redis.servers.map(({ pid }) => pid))
