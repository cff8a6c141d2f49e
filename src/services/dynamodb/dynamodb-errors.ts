import {
  ConditionalCheckFailedException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { KinesumerError } from '../../errors.ts';
import type { Failure } from '../../machines/ports.ts';
import { failureOf, type FaultCodes } from '../aws/aws-errors.ts';

const CODES: FaultCodes = {
  throttled: 'StoreThrottled',
  unanswered: 'StoreUnanswered',
  refused: 'StoreRejected',
};

const CREDENTIALS_CODES: FaultCodes = {
  throttled: 'CredentialsMissing',
  unanswered: 'CredentialsMissing',
  refused: 'StoreRejected',
};

/** A condition that did not hold. The item is there where the server tells it. */
export const isRefusal = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof Error && error.name === ConditionalCheckFailedException.name;

export const isNotFound = (error: unknown): boolean =>
  error instanceof Error && error.name === ResourceNotFoundException.name;

/** What the provider of the credentials failed with, asked by itself. */
export const credentialsFailure = (error: unknown, tableName: string): Failure =>
  failureOf(error, CREDENTIALS_CODES, `Credentials for table "${tableName}"`);

/** @param action - Name of the request in the DynamoDB API. */
export function storeFailure(error: unknown, action: string, tableName: string): Failure {
  const request = `DynamoDB ${action} on table "${tableName}"`;
  if (isNotFound(error)) {
    return {
      kind: 'failed',
      error: new KinesumerError('TableMissing', `${request}: the table does not exist`, {
        cause: error,
      }),
    };
  }
  return failureOf(error, CODES, request);
}
