import path from 'node:path';
import { build } from 'esbuild';

/** The pages' scripts, bundled once at start: a few milliseconds. */
export async function buildPages(): Promise<Readonly<Record<string, string>>> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, 'live.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  return Object.fromEntries(outputFiles.map((file) => ['live.js', file.text]));
}
