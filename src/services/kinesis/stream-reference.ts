/** How a stream is named in requests: by its name in the client's own account, or by its ARN in any. */
export type StreamReference = { readonly StreamName: string } | { readonly StreamARN: string };

const isArn = (stream: string): boolean => stream.startsWith('arn:');

/** @param stream - Name or ARN (`arn:aws:kinesis:<region>:<account>:stream/<name>`). */
export const referenceOf = (stream: string): StreamReference =>
  isArn(stream) ? { StreamARN: stream } : { StreamName: stream };

/** GetRecords takes no name: its iterator says which stream. The ARN picks the account's endpoint. */
export const arnOf = (stream: string): { readonly StreamARN?: string } =>
  isArn(stream) ? { StreamARN: stream } : {};
