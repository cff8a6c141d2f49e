/** How often and how much one shard may be read, over all its readers. */

/** Kinesis: "Quotas and limits": GetRecords and GetShardIterator, each, per second and shard. */
const CALLS_PER_SECOND = 5;
/** Kinesis: "GetRecords": 2 MB a second and shard; after an answer of 10 MB the next 5 s are refused. */
const BYTES_PER_SECOND = 2 * 1_024 * 1_024;
const SECOND_MS = 1_000;

/** The limits of one shard. */
export class ReadLimits {
  readonly #callsAtMs: number[] = [];
  readonly #openingsAtMs: number[] = [];
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowBytes = 0;

  /** Whether a GetShardIterator may go through now; counts it if so. */
  admitOpening(nowMs: number): boolean {
    return admit(this.#openingsAtMs, nowMs);
  }

  /** Whether a GetRecords may go through now; counts it if so. */
  admitRead(nowMs: number): boolean {
    const paidOffMs = this.#windowStartMs + (this.#windowBytes / BYTES_PER_SECOND) * SECOND_MS;
    if (this.#windowBytes >= BYTES_PER_SECOND && nowMs < paidOffMs) return false;
    return admit(this.#callsAtMs, nowMs);
  }

  /** Notes the bytes of an answer. */
  spend(bytes: number, nowMs: number): void {
    const windowMs = Math.max(1, this.#windowBytes / BYTES_PER_SECOND) * SECOND_MS;
    if (nowMs >= this.#windowStartMs + windowMs) {
      this.#windowStartMs = nowMs;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes;
  }
}

/** Lets a call through where fewer than five went through within the last second. */
function admit(atMs: number[], nowMs: number): boolean {
  while (atMs.length > 0 && (atMs[0] ?? 0) <= nowMs - SECOND_MS) atMs.shift();
  if (atMs.length >= CALLS_PER_SECOND) return false;
  atMs.push(nowMs);
  return true;
}
