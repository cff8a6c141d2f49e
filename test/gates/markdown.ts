/** The parts of the project's pages that tests look at. */
import { readFileSync } from 'node:fs';

const project = new URL('../../', import.meta.url);

export const pageOf = (name: string): string => readFileSync(new URL(name, project), 'utf8');

/**
 * The text from a heading to the next one of the same or a higher level.
 *
 * @throws Error where the page has no such heading
 */
export function sectionOf(page: string, heading: string): string {
  const level = heading.indexOf(' ');
  const lines = page.split('\n');
  const from = lines.indexOf(heading);
  if (from < 0) throw new Error(`No heading "${heading}"`);
  const next = lines.findIndex(
    (line, index) => index > from && /^#+ /.test(line) && line.indexOf(' ') <= level,
  );
  return lines.slice(from + 1, next < 0 ? undefined : next).join('\n');
}

/** The cells of the first table of a text, without its head. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('|'));
  const rows: string[][] = [];
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  }
  return rows;
}

/** The code of a cell such as `` `name` ``; other cells as they are. */
export const codeOf = (cell = ''): string => /^`(.*)`$/.exec(cell)?.[1] ?? cell;

/** The code blocks of a language, in their order. */
export const blocksOf = (page: string, language: string): readonly string[] =>
  Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
    ([, code = '']) => code,
  );
