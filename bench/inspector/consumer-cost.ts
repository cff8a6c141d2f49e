/** What it costs a consumer to be looked at: processor time with the hub off, on, and on with a page open. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { FromConsumer, Mode, ToConsumer } from './messages.ts';

const MODES: readonly Mode[] = ['off', 'hub', 'page'];
/** After a change: what it set off is over. */
const SETTLE_MS = 2_000;

export interface Cost {
  readonly shards: number;
  /** Share of a core with the hub off, median of the rounds. */
  readonly offShare: number;
  /** Medians over the rounds of the ratio to the same round with the hub off, with the smallest and the largest. */
  readonly ratios: Readonly<Record<'hub' | 'page', Spread>>;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The modes take turns in one process, so that what the machine does meanwhile hits all of them. */
export async function consumerCost(
  browser: Browser,
  { shards, rounds, forMs }: { shards: number; rounds: number; forMs: number },
  progress: (line: string) => void,
): Promise<Cost> {
  const entry = fileURLToPath(new URL('../inspector-consumer-child.js', import.meta.url));
  const child = fork(entry, [String(shards)], { execArgv: ['--expose-gc'] });
  const heard = <Kind extends FromConsumer['kind']>(kind: Kind) =>
    new Promise<Extract<FromConsumer, { readonly kind: Kind }>>((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        if ((message as FromConsumer).kind !== kind) return;
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(message as Extract<FromConsumer, { readonly kind: Kind }>);
      };
      const onExit = (): void => reject(new Error(`the consumer ended before ${kind}`));
      child.on('message', onMessage);
      child.once('exit', onExit);
    });
  const ask = (message: ToConsumer): void => void child.send(message);
  try {
    await heard('ready');
    const found: Record<Mode, number[]> = { off: [], hub: [], page: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const mode of MODES) {
        ask({ kind: 'watch', mode });
        const { url } = await heard('watched');
        const page = mode === 'page' ? await browser.newPage() : null;
        await page?.goto(url);
        await page?.locator('.members tbody tr').first().waitFor();
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        ask({ kind: 'measure', forMs });
        const { cpuMs, records } = await heard('measured');
        await page?.close();
        found[mode].push(cpuMs / forMs);
        progress(
          `${shards} shards, round ${round + 1}, ${mode}: ${((cpuMs / forMs) * 100).toFixed(1)} % of a core, ` +
            `${((records / forMs) * 1_000).toFixed(0)} records/s`,
        );
      }
    }
    const ratio = (mode: 'hub' | 'page'): Spread =>
      spread(found[mode].map((share, round) => share / (found.off[round] ?? Number.NaN)));
    return {
      shards,
      offShare: spread(found.off).median,
      ratios: { hub: ratio('hub'), page: ratio('page') },
    };
  } finally {
    if (child.connected) ask({ kind: 'end' });
    else child.kill();
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (place: number): number => sorted[place] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}
