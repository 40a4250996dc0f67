import { readFile } from 'node:fs/promises';
import { readCertificates } from '../../runtime/certificates.ts';

/** The file is not there, not readable, or not JSON. The message names it. */
export class UnreadableFile extends Error {
  constructor(file: string, cause: unknown) {
    super(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'UnreadableFile';
  }
}

/** @throws UnreadableFile; also when the bytes are not UTF-8, which a lenient reader would silently replace. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)));
  } catch (error) {
    throw new UnreadableFile(file, error);
  }
}

/** The certificates of a PEM file, in DER. @throws UnreadableFile */
export async function readAuthorities(file: string): Promise<Uint8Array[]> {
  try {
    return readCertificates(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UnreadableFile(file, error);
  }
}
