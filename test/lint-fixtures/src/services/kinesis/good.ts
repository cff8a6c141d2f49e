// expects: nothing
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { createHash } from 'node:crypto';
import type { Stream } from '../../machines/ports.ts';

export const all = (stream: Stream) => [KinesisClient, createHash, stream, new Date(0)];
