/** The public events of a simulated client, noted as they come. */
import type { Kinesumer } from '../kinesumer.ts';
import type { ShardRef } from '../machines/ports.ts';
import type { Recorder } from './history.ts';

export interface NotedClient {
  readonly process: string;
  readonly recorder: Recorder;
  /** Told of a shard before its commit is noted. */
  readonly committed: (shard: string) => void;
}

const nameOf = ({ stream, shardId }: ShardRef): string => `${stream}/${shardId}`;

export function noteEvents(client: Kinesumer, { process, recorder, committed }: NotedClient): void {
  const kind = 'notice';
  client
    .on('ready', ({ session }) => recorder.note({ kind, process, name: 'ready', detail: session }))
    .on('leader', ({ generation }) =>
      recorder.note({ kind, process, name: 'leader', detail: String(generation) }),
    )
    .on('rebalance', ({ generation }) =>
      recorder.note({ kind, process, name: 'rebalance', detail: String(generation) }),
    )
    .on('error', ({ code, message, stream, shardId }) =>
      recorder.note({
        kind,
        process,
        name: 'error',
        detail: `${code}: ${message}`,
        ...(stream !== undefined && shardId !== undefined
          ? { shard: nameOf({ stream, shardId }) }
          : {}),
      }),
    )
    .on('shardStart', (start) => {
      const { fence, position } = start;
      const shard = nameOf(start);
      recorder.note({ kind, process, name: 'shardStart', shard, fence, detail: position });
    })
    .on('shardEnd', (end) => {
      const { fence, reason } = end;
      const shard = nameOf(end);
      recorder.note({ kind, process, name: 'shardEnd', shard, fence, detail: reason });
    })
    .on('commit', (commit) => {
      const { fence, position } = commit;
      const shard = nameOf(commit);
      committed(shard);
      recorder.note({ kind, process, name: 'commit', shard, fence, detail: position });
    });
}
