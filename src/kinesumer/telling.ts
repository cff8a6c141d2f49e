import type { Notice } from '../machines/notices.ts';
import type { Log } from '../machines/ports.ts';
import type { Events } from './events.ts';

/** From what the machines tell to the events that the user listens to. */
export function tellNotice(events: Events, log: Log, notice: Notice): void {
  switch (notice.kind) {
    case 'error':
      events.error(notice.error);
      break;
    case 'expelled':
      log.warn({ sessions: notice.sessions }, 'Silent sessions were expelled');
      break;
    case 'ready':
      events.emit('ready', { session: notice.session });
      break;
    case 'leader':
      events.emit('leader', { session: notice.session, generation: notice.generation });
      break;
    case 'rebalance': {
      const { generation, gained, lost } = notice;
      events.emit('rebalance', { generation, gained, lost });
      break;
    }
    case 'shardStart':
      events.emit('shardStart', {
        ...notice.shard,
        fence: notice.fence,
        position: notice.position,
      });
      break;
    case 'shardEnd':
      events.emit('shardEnd', { ...notice.shard, fence: notice.fence, reason: notice.reason });
      break;
    case 'batch': {
      const { shard, fence, records, bytes, millisBehindLatest } = notice;
      events.emit('batch', { ...shard, fence, records, bytes, millisBehindLatest });
      break;
    }
    case 'commit':
      events.emit('commit', { ...notice.shard, fence: notice.fence, position: notice.position });
      break;
  }
}
