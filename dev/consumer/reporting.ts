import { writeSync } from 'node:fs';
import { KinesumerError } from '../../src/index.ts';
import type { Report, ReportedError } from '../reports.ts';

type WithoutTime<R> = R extends Report ? Omit<R, 'atMs'> : never;

/** Reports; the time is added. */
export type Tell = (report: WithoutTime<Report>) => void;

/**
 * Reports by blocking writes: when the call returns, the line is with the kernel, and a kill -9 takes nothing of it.
 *
 * @param fd - A pipe, socket or file.
 */
export function reportTo(fd: number): Tell {
  return (report) => {
    let rest = Buffer.from(`${JSON.stringify({ ...report, atMs: Date.now() })}\n`);
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') continue;
        // The reader is gone, and with it the parent: nobody is left to work for.
        process.exit(3);
      }
    }
  };
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

export function errorReport(error: unknown): ReportedError {
  const cause =
    error instanceof Error && error.cause instanceof Error ? { cause: error.cause.message } : {};
  if (!(error instanceof KinesumerError)) {
    return {
      code: 'Unknown',
      message: error instanceof Error ? error.message : String(error),
      ...cause,
    };
  }
  const { code, message, next, stream, shardId, sequenceNumber } = error;
  return {
    code,
    message,
    next,
    ...(stream === undefined ? {} : { stream }),
    ...(shardId === undefined ? {} : { shardId }),
    ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
    ...cause,
  };
}
