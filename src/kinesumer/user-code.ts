/**
 * Calls of the user's code that only looks on: listeners, the logger, `inspect`. What they throw or reject with goes no
 * further than here: it would end the statechart that tells them, or, as an unhandled rejection, the process.
 */
import type { InspectionEvent } from 'xstate';
import type { Log } from '../machines/ports.ts';
import { isThenable } from '../services/delivery/thenable.ts';

/** @param fault must not throw */
export function callUser(call: () => unknown, fault: (error: unknown) => void): void {
  try {
    const result = call();
    if (isThenable(result)) Promise.resolve(result).catch(fault);
  } catch (error) {
    fault(error);
  }
}

/** The same log, which never throws. */
export function harmlessLog(log: Log): Log {
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      // a fault of the log itself has nowhere left to be told
      callUser(
        () => log[level](fields, message),
        () => {},
      );
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

type Inspect = (event: InspectionEvent) => void;

/** The same function, which never throws. */
export function harmlessInspect(inspect: Inspect | undefined, log: Log): Inspect | undefined {
  if (inspect === undefined) return undefined;
  return (event) => {
    callUser(
      () => inspect(event),
      (error) => log.error({ error }, 'The inspect function threw'),
    );
  };
}
