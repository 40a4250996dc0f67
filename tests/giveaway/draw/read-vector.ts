import { readFileSync } from 'node:fs';

/** A known answer from `vectors/`; see `vectors/make-vectors.py`. */
export function readVector<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}
