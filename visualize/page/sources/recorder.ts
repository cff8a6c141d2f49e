import type { FeedEvent, FeedLine } from '../../../src/feed/events.ts';
import { Recording } from '../../model/recording.ts';
import type { Past } from '../state/past.ts';

/** Keeps what a source tells. A new header begins anew: what it stands for is told again after it. */
export class Recorder {
  #recording: Recording | null = null;

  take(lines: readonly FeedLine[]): void {
    let events: FeedEvent[] = [];
    for (const line of lines) {
      if (line.kind !== 'trace') {
        events.push(line);
        continue;
      }
      this.#recording?.append(events);
      events = [];
      this.#recording = new Recording(line);
    }
    this.#recording?.append(events);
  }

  /** Whether anything was told. */
  get begun(): boolean {
    return this.#recording !== null;
  }

  get epochMs(): number | null {
    return this.#recording?.live.header.epochMs ?? null;
  }

  get range(): { readonly fromMs: number; readonly toMs: number } {
    return this.#recording?.range ?? { fromMs: 0, toMs: 0 };
  }

  get whole(): Past | null {
    return this.#recording?.live ?? null;
  }

  lookAt(atMs: number): Past | null {
    return this.#recording?.modelAt(atMs) ?? null;
  }
}
