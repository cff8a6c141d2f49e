/** Transitions that no simulated run can take, each with the reason. */

const NO_STEP_THROWS = 'the lanes throw only where an invariant (D9) is broken';

export const UNREACHABLE: Readonly<Record<string, string>> = {
  'client.registering · REFRESH #1 → stays':
    'the client asks for other streams in the turn in which its session stands: it would have to be lost in that turn',
  'client.active.streams.deciding · always #1 → client.active.streams.changing':
    'it follows on the one before: a list that was asked for without a session',
  'reader.active.fetch.reading · xstate.done.actor.fetch #4 → reader.active.fetch.opened':
    'a read that waits for memory is withdrawn as its reader leaves the state, so that nobody hears its answer',
  'reader.active.deliver.delivering · xstate.error.actor.deliver #1 → reader.draining':
    NO_STEP_THROWS,
  'reader.active.deliver.settling · xstate.error.actor.settled #1 → reader.draining':
    NO_STEP_THROWS,
  'reader.draining.handler.finishing · xstate.error.actor.drain #1 → reader.releasing':
    NO_STEP_THROWS,
  'reader.active.position.dirty · always #1 → reader.active.position.writing':
    'one definition serves both places: only a reader that begins to drain can find a commit on its way',
  'reader.active.position.writing.committing · xstate.done.actor.commit #1 → stays':
    'a reader is dirty only while its lane is; one that begins to drain is taken for dirty without looking',
};
