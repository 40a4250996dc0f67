import fs from 'node:fs';
import path from 'node:path';
import type { Stack } from '../../../scripts/stack/stack.ts';

const MEBIBYTE_IN_KIB = 1_024;

/** Resident memory of a process of the stack, in MiB. Reads /proc, so Linux only. */
export function residentMebibytes(stack: Stack, name: string): number {
  const status = fs.readFileSync(`/proc/${pidOf(stack, name)}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`${name} says nothing of its memory`);
  return Number(kib) / MEBIBYTE_IN_KIB;
}

/** The newest process of that name: one that was restarted has two lines. */
function pidOf(stack: Stack, name: string): string {
  const rows = fs.readFileSync(path.join(stack.runDir, 'pids'), 'utf8').trim().split('\n');
  const pid = rows
    .map((row) => row.split('\t'))
    .findLast(([, rowName]) => rowName === name)
    ?.at(0);
  if (pid === undefined) throw new Error(`There is no process ${name}`);
  return pid;
}

const SAMPLE_MS = 100;

/** The most memory that a process of the stack held while the work went on, in MiB. */
export async function peakMebibytes<T>(
  stack: Stack,
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly peakMebibytes: number }> {
  const { value, peaks } = await peaksMebibytes(stack, [name], work);
  return { value, peakMebibytes: peaks[name] ?? Number.NaN };
}

/** The same of several processes, by name; `run` is this one. */
export async function peaksMebibytes<T>(
  stack: Stack,
  names: readonly string[],
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly peaks: Readonly<Record<string, number>> }> {
  const peaks: Record<string, number> = {};
  const sample = (): void => {
    for (const name of names) peaks[name] = Math.max(peaks[name] ?? 0, residentMebibytes(stack, name));
  };
  sample();
  const sampling = setInterval(sample, SAMPLE_MS);
  try {
    return { value: await work(), peaks };
  } finally {
    clearInterval(sampling);
  }
}
