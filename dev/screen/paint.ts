/** Colours of a terminal, or none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  /** Text in the colour of a client. */
  client(index: number, text: string): string;
  /** Text on the colour of a client. */
  onClient(index: number, text: string): string;
  warn(text: string): string;
}

/** Of the 256-colour palette: apart from each other also for most of the colour-blind, and legible with black on them. */
const CLIENT_COLOURS = [75, 214, 114, 213, 228, 80, 209, 147, 156] as const;

const sgr = (codes: string, text: string): string => `\u001b[${codes}m${text}\u001b[0m`;
const colourOf = (index: number): number => CLIENT_COLOURS[index % CLIENT_COLOURS.length] ?? 75;

const COLOURED: Paint = {
  bold: (text) => sgr('1', text),
  dim: (text) => sgr('2', text),
  client: (index, text) => sgr(`38;5;${colourOf(index)}`, text),
  onClient: (index, text) => sgr(`30;48;5;${colourOf(index)}`, text),
  warn: (text) => sgr('1;33', text),
};

const same = (text: string): string => text;
const PLAIN: Paint = {
  bold: same,
  dim: same,
  client: (_, text) => text,
  onClient: (_, text) => text,
  warn: same,
};

export const paintOf = (coloured: boolean): Paint => (coloured ? COLOURED : PLAIN);
