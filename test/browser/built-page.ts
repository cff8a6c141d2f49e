/** The live page as the package has it, built anew of its sources. */
import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';

/** Its files by their path, such as `/index.html`. */
export async function builtPage(): Promise<Readonly<Record<string, string>>> {
  const configFile = fileURLToPath(new URL('../../visualize/vite.config.ts', import.meta.url));
  const built = (await build({
    configFile,
    logLevel: 'warn',
    build: { write: false },
  })) as Rollup.RollupOutput;
  return Object.fromEntries(
    built.output.map((file) => [
      `/${file.fileName}`,
      file.type === 'chunk' ? file.code : Buffer.from(file.source).toString(),
    ]),
  );
}
