/** A simulated group in a thread of its own: the page stays quick, however large the group. */
import { Driver } from './driver.ts';
import type { Beginning, FromWorker, ToWorker } from './messages.ts';

/** Between two frames, from the end of one to the beginning of the next. */
const REST_MS = 16;

/** A turn of the event loop that no browser slows down, as it does timers. */
const channel = new MessageChannel();
const turns: (() => void)[] = [];
channel.port1.onmessage = () => turns.shift()?.();
const hop = (): Promise<void> =>
  new Promise((resolve) => {
    turns.push(resolve);
    channel.port2.postMessage(null);
  });

let driver: Driver | null = null;

function begin(beginning: Beginning): void {
  const mine: Driver = new Driver(beginning, {
    hop,
    nowMs: () => performance.now(),
    chance: Math.random,
    post: (message) => {
      // what another group took over from has nothing to say any more
      if (driver === mine) post(message);
    },
  });
  driver = mine;
  void drive(mine);
}

const post = (message: FromWorker): void => self.postMessage(message);

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'begin':
      begin(data.beginning);
      break;
    case 'change':
      driver?.change(data.to);
      break;
    case 'act':
      driver?.act(data.action);
      break;
    case 'shown':
      driver?.shown();
  }
});

async function drive(mine: Driver): Promise<void> {
  try {
    while (driver === mine) {
      await mine.frame();
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  } catch (error) {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}
