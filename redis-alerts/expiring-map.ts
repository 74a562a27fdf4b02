interface Expiring<T> {
  readonly value: T
  readonly endsMs: number
}

/** A bounded map whose values end at a time. At the bound the key that was set longest ago goes. */
export class ExpiringMap<T> {
  private readonly sizeMax: number
  private readonly entries = new Map<string, Expiring<T>>()

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax
  }

  get(key: string, nowMs: number): Expiring<T> | undefined {
    const entry = this.entries.get(key)
    return entry !== undefined && entry.endsMs > nowMs ? entry : undefined
  }

  set(key: string, value: T, endsMs: number): void {
    // A map goes through its keys in the order in which they came in.
    this.entries.delete(key)
    this.entries.set(key, { value, endsMs })
    if (this.entries.size <= this.sizeMax) return
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest)
      return
    }
  }

  delete(key: string): void {
    this.entries.delete(key)
  }

  liveKeys(nowMs: number): string[] {
    return [...this.entries].flatMap(([key, { endsMs }]) => (endsMs > nowMs ? [key] : []))
  }

  removeExpired(nowMs: number): void {
    for (const [key, { endsMs }] of this.entries) if (endsMs <= nowMs) this.entries.delete(key)
  }
}
