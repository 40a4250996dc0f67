import path from 'node:path';

/** The folder that holds package.json. */
export const repository = path.resolve(import.meta.dirname, '../..');
