/** A terminal that is drawn in place, or one that takes a line at a time. */
import type { WriteStream } from 'node:tty';
import type { Room } from './drawing.ts';

const HOME = '\u001b[H';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

export interface Terminal {
  room(): Room;
  draw(lines: readonly string[]): void;
  /** Gives the terminal back, with what was drawn last on it. Idempotent. */
  end(): void;
}

/** Scrolls what is there out of sight first, so that it stays in the scrollback. */
export function drawInPlace(out: WriteStream): Terminal {
  let drawn = 0;
  let phase: 'fresh' | 'drawing' | 'ended' = 'fresh';
  const room = (): Room => ({ columns: out.columns || 80, rows: out.rows || 24 });
  // Also when the process ends by an error: a terminal without its cursor is a nuisance.
  const restore = (): void => {
    if (phase === 'drawing') out.write(`${HOME}${'\n'.repeat(drawn)}${CLEAR_BELOW}${SHOW_CURSOR}`);
    phase = 'ended';
  };
  process.once('exit', restore);
  return {
    room,
    draw(lines) {
      if (phase === 'ended') return;
      if (phase === 'fresh') out.write(`${'\n'.repeat(room().rows - 1)}${HIDE_CURSOR}`);
      phase = 'drawing';
      drawn = lines.length;
      const text = lines.map((line) => `${line}${CLEAR_TO_LINE_END}`).join('\n');
      out.write(`${HOME}${text}${CLEAR_BELOW}`);
    },
    end() {
      process.off('exit', restore);
      restore();
    },
  };
}
