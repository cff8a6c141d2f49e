import { Sessions, shardWritesOf, writesOf, type Checker, type Violation } from './evidence.ts';

/** S4: an acquire succeeds only from free, from oneself, or from a session that is absent at that instant. */
export const acquireFromDead: Checker = (evidence) => {
  const acquires = new Map(shardWritesOf(evidence).map((write) => [write.order, write]));
  const sessions = new Sessions(evidence.app);
  const violations: Violation[] = [];
  for (const event of writesOf(evidence)) {
    sessions.apply(event);
    const write = acquires.get(event.order);
    if (write?.kind !== 'acquire') continue;
    const { owner } = write.before;
    if (owner === null || owner === write.after.owner || !sessions.stands(owner)) continue;
    violations.push({
      invariant: 'S4',
      order: event.order,
      message: `${write.shard}: ${write.after.owner} took it from ${owner}, which is alive`,
    });
  }
  return violations;
};
