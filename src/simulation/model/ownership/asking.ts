/** Asking for a shard, as `steps/acquire.ts` does: the item, its owner's session, and then the write. */
import {
  acquireFieldsOf,
  decideAsk,
  judgeDoubt,
  parentsStateOf,
  parentStateOf,
  type AskDecision,
  type AskQuestion,
  type ParentsState,
} from '../../../machines/rules/fencing.ts';
import { unprovenParents, type ShardMap } from '../../../machines/rules/lineage.ts';
import { standingSession } from '../../../machines/rules/registration.ts';
import { clientOf, NONE, nameOf } from '../sessions.ts';
import { open } from './reading.ts';
import { draftOf, hasRoom, send, step, what, who, type Scene } from './scene.ts';
import { holdAt, letGo, mySession, shardAt } from './state.ts';
import { shardId, type ShardPart } from './table.ts';

type Intent = AskQuestion['intent'];

export function askingSteps(scene: Scene, client: number, shard: number): void {
  const { mode, doubt } = holdAt(scene.state, client, shard);
  if (mode === 'none') {
    // a plan may want a shard or not, rightly or wrongly
    ask(scene, client, shard, 'take');
    if (doubt !== NONE) ask(scene, client, shard, 'settle');
  }
  if (mode === 'asked') look(scene, client, shard);
}

/** The parent and its children, none of which is noted as ended: the most that a map can ask for. */
const MAP: ShardMap = {
  stream: 'stream',
  version: 1,
  createdAtMs: 0,
  start: { kind: 'trimHorizon' },
  shards: [0, 1, 2].map((shard) => ({
    shardId: shardId(shard),
    parents: shard === 0 ? [] : [shardId(0)],
    startHash: shard === 2 ? '5' : '0',
    endHash: shard === 1 ? '4' : '9',
    closed: shard === 0,
    ended: false,
    origin: shard === 0 ? 'first' : 'later',
  })),
};

/** Read strongly at this instant; a parent that has no item yet is not past its retention here. */
function parentsOf({ state, table, config }: Scene, shard: number): ParentsState {
  const parents = unprovenParents(MAP, shardId(shard)).map(() => {
    const item = table.shardItem(shardAt(state, 0));
    return item === null ? ('open' as const) : parentStateOf(item);
  });
  const known = parentsStateOf(parents);
  return config.twist?.parents?.(known) ?? known;
}

/** What a client asks about an item that it read. */
function questionOf(
  scene: Scene,
  client: number,
  shard: number,
  read: { readonly part: ShardPart; readonly ownerAlive: boolean; readonly intent: Intent },
): AskQuestion {
  const { state, table, config } = scene;
  const { doubt, seen } = holdAt(state, client, shard);
  const item = table.shardItem(read.part);
  return {
    item: config.twist?.item?.(item) ?? item,
    me: nameOf(mySession(state, client)) ?? '',
    ownerAlive: config.twist?.ownerAlive?.(read.ownerAlive) ?? read.ownerAlive,
    highestFenceSeen: config.twist?.fences === 'forgotten' ? NONE : seen,
    parents: parentsOf(scene, shard),
    intent: read.intent,
    doubt: doubt === NONE ? null : doubt,
  };
}

/** The strong read of the item. Where somebody else owns it, that session's item is read after it. */
function ask(scene: Scene, client: number, shard: number, intent: Intent): void {
  const part = shardAt(scene.state, shard);
  const question = questionOf(scene, client, shard, { part, ownerAlive: false, intent });
  const decision = decideAsk(question);
  const isOthers = part.owner !== NONE && part.owner !== mySession(scene.state, client);
  if (decision.kind !== 'acquire' || !isOthers) {
    carryOut(scene, client, shard, { part, question, decision });
    return;
  }
  const next = draftOf(scene);
  const hold = holdAt(next, client, shard);
  hold.mode = 'asked';
  hold.ownerAsRead = part.owner;
  hold.fenceAsRead = part.fence;
  hold.positionAsRead = part.position;
  step(scene, next, () => `${who(client)} reads the item of ${what(scene, shard)}`);
}

/** The strong read of the owner's client item, and the decision. */
function look(scene: Scene, client: number, shard: number): void {
  const { state, table } = scene;
  const hold = holdAt(state, client, shard);
  const owner = clientOf(hold.ownerAsRead);
  const stands = state.clients[owner];
  const item = stands === undefined ? null : table.clientItem(owner, stands);
  const ownerAlive = standingSession(item) === nameOf(hold.ownerAsRead);
  const { ownerAsRead, fenceAsRead, positionAsRead } = hold;
  const part = { owner: ownerAsRead, fence: fenceAsRead, position: positionAsRead };
  const question = questionOf(scene, client, shard, { part, ownerAlive, intent: 'take' });
  carryOut(scene, client, shard, { part, question, decision: decideAsk(question) });
}

interface Asked {
  readonly part: ShardPart;
  readonly question: AskQuestion;
  readonly decision: AskDecision;
}

function carryOut(scene: Scene, client: number, shard: number, asked: Asked): void {
  const { decision, question } = asked;
  const { doubt, item, me } = question;
  const before = holdAt(scene.state, client, shard);
  // nothing comes of it, and nothing was in mind
  const isIdle = before.mode === 'none' && before.doubt === NONE;
  if (isIdle && decision.kind !== 'acquire') return;
  const name = (): string => what(scene, shard);
  const next = draftOf(scene);
  const hold = holdAt(next, client, shard);
  const mine = doubt !== null && judgeDoubt({ item, me, triedFence: doubt }) === 'mine';
  if (scene.config.twist?.doubts === 'read' && mine && question.intent === 'take') {
    open(scene, next, client, shard, { fence: doubt, position: asked.part.position });
    step(scene, next, () => `${who(client)} reads ${name()} under the fence ${doubt}`);
    return;
  }
  switch (decision.kind) {
    case 'acquire':
      acquire(scene, client, shard, asked, decision);
      return;
    case 'disown':
      if (!hasRoom(scene)) return;
      hold.mode = 'disowning';
      send(next, {
        kind: 'disown',
        session: mySession(next, client),
        shard,
        fence: decision.fence,
      });
      step(scene, next, () => `${who(client)} finds that it acquired ${name()}, and gives it up`);
      return;
    case 'settled':
    case 'ended':
      letGo(hold);
      hold.doubt = NONE;
      break;
    default:
      if (hold.mode === 'none') return;
      letGo(hold);
  }
  step(scene, next, () => `${who(client)} asks for ${name()}: ${decision.kind}`);
}

function acquire(
  scene: Scene,
  client: number,
  shard: number,
  { part, question }: Asked,
  decision: Extract<AskDecision, { kind: 'acquire' }>,
): void {
  const { table, config } = scene;
  const isBeyond = config.deletions !== undefined && decision.fence > config.deletions.fences;
  if (!hasRoom(scene) || isBeyond) return;
  const next = draftOf(scene);
  const fields = acquireFieldsOf(decision, question.item, question.me);
  const hold = holdAt(next, client, shard);
  letGo(hold);
  hold.mode = 'acquiring';
  send(next, {
    kind: 'acquire',
    session: mySession(next, client),
    shard,
    fence: fields.fence,
    position: table.codeOfPosition(fields.firstPosition),
    ownerAsRead: part.owner,
    fenceAsRead: part.fence,
  });
  const words = `an acquire of ${what(scene, shard)}, fence ${fields.fence}`;
  step(scene, next, () => `${who(client)} sends ${words}`);
}
