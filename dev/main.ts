/** `npm run dev`: a consumer group at work on local servers, drawn live; see `arguments.ts` for its flags. */
import { parseArguments, type DevOptions } from './arguments.ts';
import { isSound } from './ledger.ts';
import { ledgerText, troubleText } from './ledger-text.ts';
import { DevRun } from './run.ts';
import { showRun } from './show.ts';

const EXIT = { sound: 0, unsound: 1, wrongFlag: 2, interrupted: 130 } as const;
/** Short enough to be typed again. */
const RANDOM_SEEDS = 100_000;

// Told to people who deploy, and of no use over a drawing.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
// A terminal that is gone says so by SIGHUP; what is still written to it must not end the run midway.
process.stdout.on('error', () => {});

const parsed = parseArguments(process.argv.slice(2), {
  drawing: process.stdout.isTTY && process.env['CI'] === undefined ? 'inPlace' : 'lines',
  randomSeed: Math.floor(Math.random() * RANDOM_SEEDS),
});
switch (parsed.kind) {
  case 'help':
    process.stdout.write(parsed.text);
    break;
  case 'refused':
    process.stderr.write(parsed.message);
    process.exitCode = EXIT.wrongFlag;
    break;
  case 'run':
    process.exitCode = await main(parsed.options);
}

async function main(options: DevOptions): Promise<number> {
  const quit = new AbortController();
  const interrupt = new AbortController();
  const interrupted = new Promise<null>((resolve) => {
    interrupt.signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupt.abort());
  }
  const run = await DevRun.start({
    ...options,
    signal: AbortSignal.any([quit.signal, interrupt.signal]),
    onEvent: ({ atMs, text }) => {
      if (options.drawing === 'inPlace') return;
      process.stdout.write(`${(atMs / 1_000).toFixed(1).padStart(6)}s  ${text}\n`);
    },
  });
  const show = showRun(run, options.drawing, (how) => {
    // Who asks twice does not want to wait for the ledger.
    if (how === 'ctrl-c' || quit.signal.aborted) interrupt.abort();
    quit.abort();
  });
  try {
    await run.untilDealtOut();
    await run.run();
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const finishing = run.finish();
    // An interrupt ends the processes under it: its complaint about that is nobody's concern.
    finishing.catch(() => {});
    const outcome = await Promise.race([finishing, interrupted]);
    if (outcome === null) return EXIT.interrupted;
    show.end();
    const { ledger, failed } = outcome;
    process.stdout.write(`\n${ledgerText(ledger, run.startedAtMs)}${troubleText(outcome)}`);
    return isSound(ledger) && failed.length === 0 ? EXIT.sound : EXIT.unsound;
  } finally {
    show.end();
    await run.end();
  }
}
