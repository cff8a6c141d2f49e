/** The flags of `kinesumer inspect`. */
import { parseArgs } from 'node:util';
import type { InspectTableOptions } from '../../inspector.ts';
import { orRefused, pathOf, portOf, Refusal, type Refused } from '../flags.ts';

export type ParsedArguments =
  | { readonly kind: 'run'; readonly options: InspectTableOptions }
  | { readonly kind: 'trace'; readonly path: string; readonly port: number }
  | { readonly kind: 'help'; readonly text: string }
  | Refused;

export const USAGE = `Usage: kinesumer inspect --app NAME [flags]
       kinesumer inspect --trace FILE [--port N]

Shows a whole group on a page of this machine, by what stands in its state table: no code in the consumers is needed.
Writes nothing; needs the permissions of schema/iam-policy-inspect.json, and AWS credentials where the AWS SDK finds
them. Reads only while the page is open: some 70 read units a minute for 3 clients with 16 shards, 600 for 100 with
1,000, more while shards move.

With --trace it shows what a file tells that a simulation wrote (kinesumer simulate --trace FILE).

  --app NAME       the application whose group is shown
  --table NAME     its state table                                   (kinesumer-state-store)
  --region R       AWS region of the table                           (as the AWS SDK finds it)
  --endpoint URL   another address of DynamoDB, such as a local one
  --port N         port of the page, 0 … 65535; 0 is any             (0)
  --trace FILE     the trace to show in place of a group
  --help           this

The address of the page goes to stdout, with a token that opens it. Ends with Ctrl-C. Exits with 1 if the table or the
file cannot be read or the port is taken, with 2 for a wrong flag.
`;

export const parseArguments = (args: readonly string[]): ParsedArguments =>
  orRefused('kinesumer inspect', () => parsed(args));

function parsed(args: readonly string[]): ParsedArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      app: text,
      table: text,
      region: text,
      endpoint: text,
      port: text,
      trace: text,
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return { kind: 'help', text: USAGE };
  const { app, table, region, endpoint, port } = values;
  const trace = pathOf('trace', values.trace);
  if (trace !== null) {
    const other = Object.keys({ ...values }).find((name) => !['trace', 'port'].includes(name));
    if (other !== undefined) throw new Refusal(`--${other} says nothing about a trace`);
    return { kind: 'trace', path: trace, port: portOf(port) };
  }
  if (app === undefined) throw new Refusal('--app is needed: the application to be shown');
  return {
    kind: 'run',
    options: {
      app,
      ...(table === undefined ? {} : { table }),
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { dynamodb: { endpoint: addressOf(endpoint) } }),
      ...(port === undefined ? {} : { port: portOf(port) }),
    },
  };
}

function addressOf(text: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new Refusal(`--endpoint takes an address, http:// or https://, not '${text}'`);
}
