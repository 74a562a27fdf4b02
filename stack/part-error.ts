/** A part cannot start or go on. The message stands alone: what is wrong and what to do, with the end of the log where there is one. */
export class PartError extends Error {}
