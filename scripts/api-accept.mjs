/** Writes the named exports of the built package to the list that test/gates/package.test.ts compares with. */
import { writeFileSync } from 'node:fs';

const namesOf = async (path) =>
  Object.keys(await import(new URL(`../dist/${path}`, import.meta.url).href)).sort();

const api = {
  kinesumer: await namesOf('index.js'),
  'kinesumer/inspector': await namesOf('inspector.js'),
  'kinesumer/memory': await namesOf('services/memory/index.js'),
  'kinesumer/simulation': await namesOf('simulation/index.js'),
};
const target = new URL('../test/gates/public-api.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(api, null, 2)}\n`);
