/** The script of a page that lives the little life and shows it. */
import { lived } from './lived.ts';

const channel = new MessageChannel();
const turns: (() => void)[] = [];
channel.port1.addEventListener('message', () => turns.shift()?.());
channel.port1.start();
const hop = (): Promise<void> =>
  new Promise((resolve) => {
    turns.push(resolve);
    channel.port2.postMessage(null);
  });

Reflect.set(globalThis, 'lived', () => lived(hop));
