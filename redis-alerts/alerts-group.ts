/** The offsets on the log of who writes to Redis. */
export const ALERTS_GROUP = 'sluice-alerts'
