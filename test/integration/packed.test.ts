/** The package as a user gets it: packed, unpacked into an empty folder, and the README's hello world run there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CreateStreamCommand,
  KinesisClient,
  PutRecordCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptAliveConnections } from '../../src/services/aws/connections.ts';
import { blocksOf, pageOf, sectionOf } from '../gates/markdown.ts';
import { localAws, useDynamo, useKinesis } from './servers.ts';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../', import.meta.url));
const kinesisServer = await useKinesis();
const dynamoServer = await useDynamo();

/** What a user's own `npm install` would bring beside the package. */
const INSTALLED = [
  '@aws-sdk',
  '@smithy',
  '@aws-crypto',
  '@aws',
  '@types',
  'xstate',
  'tslib',
  'undici-types',
];

const helloWorld = sectionOf(pageOf('README.md'), '## Hello world');
const block = (language: 'ts' | 'js'): string => blocksOf(helloWorld, language)[0] ?? '';

/** The loop of the hello world never ends by itself: leave it after the first record, as a user may. */
const leavingAfterOne = (code: string): string =>
  code
    .replace("app: 'orders'", "app: 'orders', start: 'TRIM_HORIZON'")
    .replace(/(console\.log\(record[^\n]*\n)/, '$1    break;\n');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packed-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: project,
  });
  const json = stdout.slice(stdout.indexOf('[\n'));
  const [packed] = JSON.parse(json) as [{ readonly filename: string }];
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'kinesumer'), { recursive: true });
  const unpack = ['-xzf', join(folder, packed.filename), '--strip-components=1'];
  await run('tar', [...unpack, '-C', join(modules, 'kinesumer')]);
  for (const name of INSTALLED) {
    await symlink(join(project, 'node_modules', name), join(modules, name)).catch(() => undefined);
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');

  const admin = new KinesisClient({
    ...localAws(kinesisServer.endpoint),
    // the local server speaks HTTP/1.1 only
    requestHandler: keptAliveConnections(2),
  });
  await admin.send(new CreateStreamCommand({ StreamName: 'orders-stream', ShardCount: 1 }));
  await waitUntilStreamExists({ client: admin, maxWaitTime: 30 }, { StreamName: 'orders-stream' });
  await admin.send(
    new PutRecordCommand({
      StreamName: 'orders-stream',
      PartitionKey: 'k',
      Data: new TextEncoder().encode('{"order":1}'),
    }),
  );
  admin.destroy();
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program of the folder; rejects unless it ends by itself with code 0. */
const start = async (file: string): Promise<string> => {
  const { stdout } = await run(process.execPath, [file], {
    cwd: folder,
    timeout: 50_000,
    env: {
      PATH: process.env['PATH'],
      AWS_ENDPOINT_URL_KINESIS: kinesisServer.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoServer.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  return stdout;
};

describe('the packed package in an empty folder', () => {
  it('runs the hello world in plain JavaScript, and the process exits by itself', async () => {
    await writeFile(join(folder, 'hello.mjs'), leavingAfterOne(block('js')));
    expect(await start('hello.mjs')).toMatch(/^shardId-000000000000 \{ order: 1 \}\n$/);
  });

  it('compiles the hello world in strict TypeScript, and runs it', async () => {
    await writeFile(join(folder, 'hello-typed.ts'), leavingAfterOne(block('ts')));
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    await run(process.execPath, [join(typescript, 'bin/tsc'), ...options, 'hello-typed.ts'], {
      cwd: folder,
    });
    expect(await start('hello-typed.js')).toMatch(/^shardId-000000000000 \d+ \{"order":1\}\n$/);
  });

  it('has commands that end without a word where nobody reads on what they say', async () => {
    const main = 'node_modules/kinesumer/dist/cli/main.js';
    const small = '--runs 1 --faults none --clients 1 --shards 1 --minutes 0.1';
    for (const args of ['--help', 'inspect --help', `simulate ${small} --trace run.jsonl`]) {
      // whoever reads has gone before there is anything to be read
      const piped = `"${process.execPath}" ${main} ${args} | true; echo "$PIPESTATUS"`;
      const { stdout, stderr } = await run('bash', ['-c', piped], { cwd: folder });
      expect(stdout).toBe('0\n');
      expect(stderr).not.toMatch(/EPIPE|Error/);
    }
    expect(await readFile(join(folder, 'run.jsonl'), 'utf8')).toMatch(/^{"kind":"trace"/);
  }, 60_000);
});
