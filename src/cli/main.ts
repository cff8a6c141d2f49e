#!/usr/bin/env node
/** `npx kinesumer`: the commands. */
import { inspect } from './inspect.ts';
import { aborted, interruption } from './interruption.ts';
import { simulate } from './simulate.ts';

const USAGE = `Usage: kinesumer <command> [flags]

  inspect    shows a group live on a page of this machine, by what stands in its state table
  simulate   runs whole groups in virtual time under faults, and says what broke and what it cost

kinesumer <command> --help explains a command.
`;

const EXIT_WRONG_COMMAND = 2;

const interrupted = interruption();
const [command, ...args] = process.argv.slice(2);
switch (command) {
  case 'inspect':
    process.exitCode = await inspect(args, () => aborted(interrupted));
    break;
  case 'simulate':
    process.exitCode = await simulate(args, interrupted);
    break;
  case undefined:
  case 'help':
  case '--help':
  case '-h':
    process.stdout.write(USAGE);
    break;
  default:
    process.stderr.write(`There is no command '${command}'.\n\n${USAGE}`);
    process.exitCode = EXIT_WRONG_COMMAND;
}
