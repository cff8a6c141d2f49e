import { KinesumerError, type ErrorCode } from '../../errors.ts';
import type { Failure } from '../../machines/ports.ts';
import { failureOf, type FaultCodes } from '../aws/aws-errors.ts';

const CODES: FaultCodes = {
  throttled: 'StreamThrottled',
  unanswered: 'StreamUnanswered',
  refused: 'StreamRejected',
};

/** What a request was about; goes into the message and onto the error. */
export interface Subject {
  /** Name of the request in the Kinesis API. */
  readonly action: string;
  readonly stream: string;
  readonly shardId?: string;
}

const hasName = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;

export const isExpired = (error: unknown): boolean => hasName(error, 'ExpiredIteratorException');
export const isNotFound = (error: unknown): boolean => hasName(error, 'ResourceNotFoundException');
/** The stream is in another state than the request needs: for a listing, still being created. */
export const isInUse = (error: unknown): boolean => hasName(error, 'ResourceInUseException');

export const streamFailure = (error: unknown, subject: Subject): Failure =>
  failureOf(error, CODES, wordsOf(subject), subject);

export const streamError = (
  code: ErrorCode,
  subject: Subject,
  message: string,
  cause?: unknown,
): KinesumerError =>
  new KinesumerError(code, `${wordsOf(subject)}: ${message}`, { ...subject, cause });

/** An answer that came and does not say what it must. */
export const unreadable = (subject: Subject, what: string): Failure => ({
  kind: 'unanswered',
  error: streamError('StreamUnanswered', subject, `the answer has ${what}`),
});

const wordsOf = ({ action, stream, shardId }: Subject): string =>
  `Kinesis ${action} on stream "${stream}"${shardId === undefined ? '' : `, ${shardId}`}`;
