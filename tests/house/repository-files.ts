import fs from 'node:fs';
import path from 'node:path';

export const repository = path.join(import.meta.dirname, '../..');

const NOT_OURS = new Set(['node_modules', '.git', '.handsel', 'coverage', 'web/dist']);
const CODE = /[.](ts|mts|mjs|cjs|sql|css|html)$/;

/** Every file of the repository, relative and sorted; without what is installed or built. */
export const files: readonly string[] = list('').toSorted();
export const codeFiles: readonly string[] = files.filter((file) => CODE.test(file));

export const read = (file: string): string => fs.readFileSync(path.join(repository, file), 'utf8');

function list(folder: string): string[] {
  return fs.readdirSync(path.join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (NOT_OURS.has(name) || entry.name.endsWith('.lock')) return [];
    return entry.isDirectory() ? list(name) : [name];
  });
}
