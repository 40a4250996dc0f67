import type { PaymentsPort } from '../../providers/payments/port.ts';
import type { SearchedFiles, SearchSettlementFilesInput } from '../../workflows/payments/contract.ts';

const DAY_MS = 24 * 3_600_000;
/** How far the provider's clock may be from ours. */
const SKEW_MS = 5 * 60_000;
const LINES_PER_HEARTBEAT = 1_000;

/**
 * Whether the provider's settlement files know our reference: those of every day on which the intent may have been sent,
 * from its first time until the key window's end. A file that is not final, or breaks off, proves nothing.
 */
export async function searchSettlementFiles(
  payments: Pick<PaymentsPort, 'keyWindowMs' | 'settlementFile'>,
  { intentId, firstSentAt }: SearchSettlementFilesInput,
  heartbeat: () => void,
): Promise<SearchedFiles> {
  const from = Date.parse(firstSentAt);
  for (const date of datesBetween(from - SKEW_MS, from + payments.keyWindowMs + SKEW_MS)) {
    const file = await payments.settlementFile(date);
    if (!file) return 'not_final';
    let lines = 0;
    for await (const { reference } of file.lines) {
      if (reference === intentId) return 'listed';
      if (++lines % LINES_PER_HEARTBEAT === 0) heartbeat();
    }
    if (!file.final) return 'not_final';
    heartbeat();
  }
  return 'lacking';
}

function datesBetween(fromMs: number, untilMs: number): string[] {
  const [first, last] = [Math.floor(fromMs / DAY_MS), Math.floor(untilMs / DAY_MS)];
  return Array.from({ length: last - first + 1 }, (_, n) => new Date((first + n) * DAY_MS).toISOString().slice(0, 10));
}
