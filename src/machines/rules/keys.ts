/** Where each kind of item stands in the one table. The Go kinesumer's keys are kept; `group#` is new. */

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export const clientsPk = (app: string): string => `client#${app}`;
export const groupPk = (app: string): string => `group#${app}`;
export const mapsPk = (app: string): string => `shard_cache#${app}`;
export const checkpointsPk = (app: string, stream: string): string =>
  `check_point#${app}#${stream}`;

export const clientKey = (app: string, clientId: string): Key => ({
  pk: clientsPk(app),
  sk: clientId,
});
export const headKey = (app: string): Key => ({ pk: groupPk(app), sk: 'head' });
/** Part 0 is the plan itself; larger plans go on in parts 1 … n. */
export const planKey = (app: string, planRef: string, part = 0): Key => ({
  pk: groupPk(app),
  sk: part === 0 ? planRef : `${planRef}#${part}`,
});
export const streamsKey = (app: string, hash: string): Key => ({
  pk: groupPk(app),
  sk: `streams#${hash}`,
});
export const mapKey = (app: string, stream: string): Key => ({ pk: mapsPk(app), sk: stream });
export const mapChunkKey = (
  app: string,
  stream: string,
  /** Version and nonce of the write: two writers of one version never share a chunk. */
  set: string,
  chunk: number,
): Key => ({
  pk: mapsPk(app),
  sk: `${stream}#${set}#${chunk}`,
});
/** Which chunk of which map a sort key among the maps is; null for a map itself. */
export const mapChunkOf = (
  sk: string,
): { readonly stream: string; readonly version: number; readonly set: string } | null => {
  const [, stream, version, nonce] = /^(.+)#([1-9]\d*)#([^#]+)#\d+$/.exec(sk) ?? [];
  if (stream === undefined || version === undefined || nonce === undefined) return null;
  return { stream, version: Number(version), set: `${version}#${nonce}` };
};
export const checkpointKey = (app: string, stream: string, shardId: string): Key => ({
  pk: checkpointsPk(app, stream),
  sk: shardId,
});

/** The generation of a plan or a part of one; null for any other item of the group. */
export const generationOfPlanRef = (sk: string): number | null => {
  const digits = /^plan#(\d{10,})#/.exec(sk)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Generation and nonce in one name; sorts by generation within ten digits. */
export const planRefOf = (generation: number, nonce: string): string =>
  `plan#${String(generation).padStart(10, '0')}#${nonce}`;
