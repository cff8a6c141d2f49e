/** Single key presses of a terminal. */
import type { ReadStream } from 'node:tty';

const CTRL_C = '\u0003';

/**
 * @param pressed - Gets each key as its character; ctrl-C comes as `ctrl-c`.
 * @returns gives the terminal's input back
 */
export function onKeys(input: ReadStream, pressed: (key: string) => void): () => void {
  const listen = (text: string): void => {
    for (const character of text) pressed(character === CTRL_C ? 'ctrl-c' : character);
  };
  input.setRawMode(true);
  input.setEncoding('utf8').on('data', listen);
  input.resume();
  return () => {
    input.off('data', listen);
    input.setRawMode(false);
    input.pause();
  };
}
