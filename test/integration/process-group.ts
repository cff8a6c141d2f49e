import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether a process of a group still runs. One that has ended and waits for its parent to take note does not: where
 * the parent died first, some first processes of a machine take seconds for that, and some never do it.
 */
export function isGroupRunning(groupId: number): boolean {
  const states = statesOf(groupId);
  return states === null
    ? isKnown(groupId)
    : states.some((state) => state !== 'Z' && state !== 'X');
}

/** The states of the processes in a group, as /proc has them; null where there is no /proc. */
function statesOf(groupId: number): readonly string[] | null {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  return pids.flatMap((pid) => {
    const stat = statOf(pid);
    return stat?.groupId === groupId ? [stat.state] : [];
  });
}

function statOf(pid: string): { readonly state: string; readonly groupId: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name before stands in parentheses and may hold any character
    const [state = '', , groupId] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, groupId: Number(groupId) };
  } catch {
    // it ended while the list was read
    return null;
  }
}

function isKnown(groupId: number): boolean {
  try {
    process.kill(-groupId, 0);
    return true;
  } catch {
    return false;
  }
}
