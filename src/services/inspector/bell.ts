/** Something may have come: those who wait look again. */
export class Bell {
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  /** Resolves at the next ring; however often it is asked, there is one promise. */
  rung(): Promise<void> {
    this.#waiting ??= withResolver();
    return this.#waiting.promise;
  }

  ring(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((onResolve) => {
    resolve = onResolve;
  });
  return { promise, resolve };
}
