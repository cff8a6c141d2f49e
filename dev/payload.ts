/** What the producer puts into a record: the record's number within its partition key. */
export interface Payload {
  readonly key: string;
  /** From 1, counted per key. 0: the record is not of this producer. */
  readonly n: number;
}

export const payloadOf = ({ n }: Payload): Uint8Array => new TextEncoder().encode(String(n));

export function parsePayload(data: Uint8Array, partitionKey: string): Payload {
  const text = new TextDecoder().decode(data);
  return { key: partitionKey, n: /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : 0 };
}
