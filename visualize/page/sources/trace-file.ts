import type { FeedLine } from '../../../src/feed/events.ts';
import { tell } from '../state/notices.ts';
import { show } from '../state/shown.ts';
import { Recorder } from './recorder.ts';
import type { Source } from './source.ts';

/** Lines that are read at once; the page breathes in between. */
const CHUNK = 5_000;

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function parsed(text: string, number: number): FeedLine {
  try {
    return JSON.parse(text) as FeedLine;
  } catch {
    throw new Error(`line ${number} is no JSON`);
  }
}

async function read(file: File): Promise<Recorder> {
  const texts = (await file.text()).split('\n').filter((text) => text !== '');
  const recorder = new Recorder();
  if (texts[0] === undefined || parsed(texts[0], 1).kind !== 'trace') {
    throw new Error('it does not begin with the header of a trace');
  }
  for (let begin = 0; begin < texts.length; begin += CHUNK) {
    const lines = texts
      .slice(begin, begin + CHUNK)
      .map((text, index) => parsed(text, begin + index + 1));
    recorder.take(lines);
    await breath();
  }
  return recorder;
}

function sourceOf(name: string, recorder: Recorder): Source {
  return {
    kind: 'file',
    name,
    actions: [],
    pauseMs: null,
    connection: () => ({ kind: 'complete' }),
    moves: () => false,
    range: () => recorder.range,
    whole: () => recorder.whole,
    lookAt: (atMs) => recorder.lookAt(atMs),
    act() {},
    close() {},
  };
}

/** Shows a trace in the place of what was shown; a file that is none leaves the page as it is. */
export async function openTraceFile(file: File): Promise<void> {
  try {
    show(sourceOf(file.name, await read(file)));
  } catch (error) {
    tell(
      `${file.name} cannot be shown: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

/** Shows the trace that the page's own server has. */
export async function openTraceOfHost(): Promise<void> {
  try {
    const answer = await fetch('trace');
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    await openTraceFile(new File([await answer.blob()], 'the trace'));
  } catch (error) {
    tell(`The trace did not come: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
