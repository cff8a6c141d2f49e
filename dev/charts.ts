/** Draws all statecharts into docs/charts. Run by `npm run charts`, after a change of a machine. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './built.ts';
import { CHARTS_FOLDER, CHART_STYLE, chartFiles } from './charts/chart-files.ts';

const root = pathToFileURL(`${projectRoot()}/`);
const folder = new URL(CHARTS_FOLDER, root);
const files = await chartFiles(readFileSync(new URL(CHART_STYLE, root), 'utf8'));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, picture] of files) writeFileSync(new URL(name, folder), picture);
