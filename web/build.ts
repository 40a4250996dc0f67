import path from 'node:path';
import { build } from 'esbuild';

const PAGES = ['live', 'claim', 'proof'] as const;

/** The pages' scripts, bundled once at start: a few milliseconds. */
export async function buildPages(): Promise<Readonly<Record<string, string>>> {
  const { outputFiles } = await build({
    entryPoints: PAGES.map((name) => path.join(import.meta.dirname, `${name}.ts`)),
    outdir: import.meta.dirname,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  return Object.fromEntries(outputFiles.map((file) => [path.basename(file.path), file.text]));
}
