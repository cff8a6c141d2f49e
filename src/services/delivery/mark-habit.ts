/**
 * When the user's code marks, as far as this client has seen. With manual marks a handler that resolved may have left
 * records unmarked for good, or mark them later, from a buffer that is written now and then, say. Nobody says which,
 * and both guesses hurt: to wait holds up each shard that moves for the whole drain timeout, not to wait refuses the
 * marks of work that was done. So a drain goes by what was seen: it waits unless every mark so far came from within
 * the call that it was given the record by.
 */
export class MarkHabit {
  #seen: 'nothing' | 'within' | 'later' = 'nothing';

  note(mark: 'within' | 'later'): void {
    if (this.#seen !== 'later') this.#seen = mark;
  }

  /** Whether marks may still come once the handlers of a draining lane are through. */
  mayMarkLater(): boolean {
    return this.#seen !== 'within';
  }
}
