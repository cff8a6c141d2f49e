/**
 * The dependency rule: what each folder may import, and what of the host it may touch.
 * ARCHITECTURE.md explains it; oxlint.config.mjs turns it into lint rules.
 *
 * - `files`: globs of the layer; where two layers match a file, the later one counts.
 * - `may`: files, and folders ending in a slash, that it may import. All else is refused.
 * - `types`: what it may import types from besides.
 * - `packages`: packages by name, as regular expressions. All else is refused.
 * - `host`: 'none' (no clock, chance, process or Buffer: runs in a browser and in the simulator),
 *   'values' (the same, but `new Date(value)` may convert one that it was given),
 *   'node' (Node's own, without clock and chance), 'all'.
 */
const errors = 'src/errors.ts';
const options = ['src/options.ts', 'src/options/'];
const ports = 'src/machines/ports.ts';
const rules = 'src/machines/rules/';
/** The vocabulary of traces and of the live page. */
const feed = 'src/feed/';
const aws = ['src/services/aws/'];
/** Node without its second set of timers and clocks. */
const node = 'node:(?!timers|perf_hooks)[a-z_]+';

const adapter = (name, packages, { host = 'node', may = [] } = {}) => ({
  layer: `services/${name}`,
  files: [`src/services/${name}/**`],
  may: [errors, ports, rules, `src/services/${name}/`, ...may],
  types: options,
  packages,
  host,
});

export const LAYERS = [
  { layer: 'src', files: ['src/**'], may: [], host: 'none' },
  { layer: 'errors', files: [errors], may: [], host: 'none' },
  {
    layer: 'options',
    files: ['src/options.ts', 'src/options/**'],
    may: [errors, rules, ...options],
    types: [ports],
    host: 'values',
  },
  {
    layer: 'machines',
    files: ['src/machines/**'],
    may: [errors, 'src/machines/'],
    types: options,
    packages: ['xstate'],
    host: 'none',
  },
  {
    layer: 'machines/steps',
    files: ['src/machines/steps/**'],
    may: [errors, ports, rules, 'src/machines/steps/'],
    types: options,
    host: 'none',
  },
  { layer: 'machines/rules', files: ['src/machines/rules/**'], may: [errors, rules], host: 'none' },
  { layer: 'feed', files: ['src/feed/**'], may: [errors, rules, feed], host: 'none' },
  { layer: 'ports', files: [ports], may: [errors], host: 'none' },
  adapter('memory', [], { host: 'none' }),
  adapter('delivery', [], { host: 'values' }),
  adapter('system', ['node:[a-z_/]+'], { host: 'all' }),
  // What both adapters of AWS stand on: errors, connections, deadlines.
  adapter('aws', ['@aws-sdk/(core|types)', '@smithy/[a-z-]+', node]),
  adapter(
    'kinesis',
    ['@aws-sdk/(client-kinesis|core|credential-providers)', '@smithy/[a-z-]+', node],
    { may: aws },
  ),
  adapter('dynamodb', ['@aws-sdk/(client|lib)-dynamodb', '@smithy/[a-z-]+', node], { may: aws }),
  adapter('telemetry', [node]),
  adapter('inspector', [], { host: 'values', may: [feed] }),
  {
    layer: 'services/inspector/node',
    files: ['src/services/inspector/node/**'],
    may: [errors, 'src/services/inspector/'],
    packages: [node],
    host: 'node',
  },
  {
    layer: 'kinesumer',
    files: ['src/kinesumer.ts', 'src/kinesumer/**'],
    may: [
      errors,
      ...options,
      'src/machines/',
      'src/services/delivery/',
      'src/kinesumer.ts',
      'src/kinesumer/',
    ],
    packages: ['xstate'],
    host: 'values',
  },
  {
    layer: 'simulation',
    files: ['src/simulation/**'],
    may: [
      errors,
      ...options,
      ports,
      rules,
      feed,
      'src/kinesumer.ts',
      'src/services/memory/',
      'src/services/inspector/',
      'src/simulation/',
    ],
    host: 'values',
  },
  {
    layer: 'index',
    files: ['src/index.ts'],
    may: [
      errors,
      ...options,
      'src/machines/',
      'src/services/',
      'src/kinesumer.ts',
      'src/kinesumer/',
      'src/inspector.ts',
    ],
    packages: ['xstate', '@aws-sdk/(client-kinesis|client-dynamodb|lib-dynamodb)', node],
    host: 'node',
  },
  {
    // What a page shows may come from a worker of a browser: the server of the page is imported when it is asked for.
    layer: 'inspector',
    files: ['src/inspector.ts'],
    may: [errors, ...options, ports, feed, 'src/services/'],
    types: ['src/kinesumer.ts', 'src/kinesumer/'],
    packages: ['@aws-sdk/client-dynamodb'],
    host: 'none',
  },
  {
    layer: 'cli',
    files: ['src/cli/**'],
    may: ['src/index.ts', 'src/inspector.ts', 'src/simulation/index.ts', 'src/cli/'],
    packages: ['kinesumer', node],
    host: 'all',
  },
  {
    layer: 'visualize',
    files: ['visualize/**'],
    may: ['src/index.ts', 'src/simulation/index.ts', 'src/inspector.ts', feed, 'visualize/'],
    packages: ['kinesumer', '[a-z@].*'],
    host: 'all',
  },
  // What the page shows, of events alone: no page, no library.
  {
    layer: 'visualize/model',
    files: ['visualize/model/**'],
    may: [feed, 'visualize/model/'],
    host: 'none',
  },
  // Pictures of statecharts, for the page and for the documentation.
  {
    layer: 'visualize/chart',
    files: ['visualize/chart/**'],
    may: [feed, 'visualize/chart/'],
    packages: ['@viz-js/viz'],
    host: 'none',
  },
  // It runs in a browser; of the simulated group it has its own end, and the words that they exchange.
  {
    layer: 'visualize/page',
    files: ['visualize/page/**'],
    may: [
      feed,
      'visualize/model/',
      'visualize/chart/',
      'visualize/worker/simulated-group.ts',
      'visualize/page/',
    ],
    types: ['visualize/worker/'],
    packages: ['preact', '@preact/signals'],
    host: 'all',
  },
];
