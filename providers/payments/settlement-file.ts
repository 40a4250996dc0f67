import { z } from 'zod';
import { request, requireProperUse, type ProviderConnection } from './call.ts';
import type { SettlementFile, SettlementLine } from './port.ts';

const minor = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform((text) => BigInt(text));
const line = z.object({
  reference: z.string().nullable(),
  kind: z.enum(['charge', 'transfer', 'reversal', 'fee']),
  state: z.string(),
  amountMinor: minor,
  feeMinor: minor,
  currency: z.string().regex(/^[A-Z]{3}$/),
  at: z.string(),
});

/** A hundred thousand lines and more take their time. */
const FILE_TIMEOUT_MS = 10 * 60_000;

/** The provider's file of a day: a line of JSON each, read as it comes, so that its size does not matter. */
export async function httpSettlementFile(
  connection: ProviderConnection,
  date: string,
): Promise<SettlementFile | undefined> {
  const path = `/v1/settlement-file?date=${encodeURIComponent(date)}`;
  const response = await request({ ...connection, timeoutMs: FILE_TIMEOUT_MS }, { method: 'GET', path });
  if (response.status === 200 && response.body)
    return { final: response.headers.get('settlement-file-final') === 'true', lines: readLines(response.body) };
  const { error } = (await response.json()) as { error?: { code?: string } };
  if (error?.code === 'settlement_file_not_ready') return undefined;
  requireProperUse(response.status, error?.code ?? '');
  throw new Error(`The provider does not give its file of ${date}: ${response.status}`);
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<SettlementLine> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield line.parse(JSON.parse(text));
  }
  if (rest !== '') throw new Error('The settlement file breaks off in the middle of a line.');
}
