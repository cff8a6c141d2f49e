import { LAYERS } from './scripts/layers.mjs';

const CLOCK_AND_CHANCE = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'performance',
  'crypto',
  // The back door to all of the above.
  'globalThis',
];
const NODE_ONLY = ['process', 'Buffer', 'global', 'require', '__dirname', '__filename'];

const GLOBALS = {
  none: ['Date', ...CLOCK_AND_CHANCE, ...NODE_ONLY],
  values: [...CLOCK_AND_CHANCE, ...NODE_ONLY],
  node: CLOCK_AND_CHANCE,
  all: [],
};

const PROPERTIES = [
  { object: 'Math', property: 'random', message: 'Chance comes from the Random port.' },
  { object: 'AbortSignal', property: 'timeout', message: 'Timers come from the Clock port.' },
];

/** The lint rules of one line of the dependency rule. */
function layerRules({ layer, files, may, types = [], packages = [], host }) {
  const hostless = host !== 'all';
  return {
    files,
    rules: {
      'house/imports': ['error', { layer, may, types, packages }],
      'house/no-host-clock': host === 'values' || host === 'node' ? 'error' : 'off',
      'no-restricted-globals': hostless
        ? ['error', ...GLOBALS[host].map((name) => ({ name, message: 'It has a port.' }))]
        : 'off',
      'no-restricted-properties': hostless ? ['error', ...PROPERTIES] : 'off',
    },
  };
}

export default {
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise'],
  jsPlugins: ['./scripts/oxlint-plugin.mjs'],
  env: { builtin: true, node: true },
  categories: { correctness: 'error' },
  ignorePatterns: ['dist', 'build', 'coverage', 'artefacts', 'test/lint-fixtures'],
  rules: {
    eqeqeq: 'error',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    'no-var': 'error',
    'prefer-const': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'import/no-cycle': 'error',
    'typescript/ban-ts-comment': [
      'error',
      { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true, 'ts-check': false },
    ],
    // `typeof import('…')` is how an optional peer is typed without being needed.
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
  },
  overrides: [
    {
      files: ['src/**'],
      rules: {
        'house/no-export-all': 'error',
        'import/no-default-export': 'error',
        'no-console': 'error',
      },
    },
    // The default logger is what prints.
    { files: ['src/services/system/log.ts'], rules: { 'no-console': 'off' } },
    ...LAYERS.map(layerRules),
    {
      files: ['test/**'],
      plugins: ['vitest'],
      rules: {
        'vitest/no-disabled-tests': 'error',
        'vitest/no-focused-tests': 'error',
        'vitest/warn-todo': 'error',
        // A property or a named check of one's own is an assertion too.
        'vitest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'fc.assert'] }],
        // Builders and fakes hand out functions that need no `this`.
        'typescript/unbound-method': 'off',
        // A promise kept for later and awaited then; no-floating-promises sees the forgotten one.
        'vitest/valid-expect': 'off',
        // A property over a union looks at its kind first.
        'vitest/no-conditional-expect': 'off',
        // That it throws may be all there is to say.
        'vitest/require-to-throw-message': 'off',
      },
    },
  ],
};
