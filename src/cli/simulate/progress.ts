/** How far a long work is, on stderr: a bar in place on a terminal, else a line now and then. */

export interface Sink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly total: number;
  /** What is counted: `runs`. */
  readonly unit: string;
  readonly out: Sink;
  /** Milliseconds on any clock that never goes back. */
  readonly nowMs: () => number;
}

const BAR_CELLS = 24;
/** Between two drawings on a terminal, and between two lines elsewhere. */
const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

export class Progress {
  readonly #options: ProgressOptions;
  readonly #startMs: number;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startMs = options.nowMs();
  }

  /** @param note what there is to say besides, such as `2 violations` */
  at(done: number, note = ''): void {
    const { out, nowMs } = this.#options;
    const everyMs = out.isTTY === true ? DRAW_EVERY_MS : LINE_EVERY_MS;
    if (nowMs() - this.#saidMs < everyMs) return;
    this.#saidMs = nowMs();
    const text = this.#text(done, note);
    out.write(out.isTTY === true ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#options.out.isTTY === true) this.#options.out.write('\r\x1b[K');
  }

  #text(done: number, note: string): string {
    const { total, unit, nowMs } = this.#options;
    const elapsedS = (nowMs() - this.#startMs) / 1_000;
    const share = total === 0 ? 1 : done / total;
    const filled = Math.round(share * BAR_CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    const rate = elapsedS > 0 ? done / elapsedS : 0;
    const eta = rate > 0 ? `ETA ${durationText((total - done) / rate)}` : 'ETA —';
    const rest = note === '' ? '' : ` · ${note}`;
    return `${bar} ${done}/${total} ${unit} · ${rate.toFixed(1)}/s · ${eta}${rest}`;
  }
}

/** Seconds in few signs: `42s`, `3m 05s`, `2h 10m`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (minutes === 0) return `${whole}s`;
  if (minutes < 60) return `${minutes}m ${two(whole % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}
