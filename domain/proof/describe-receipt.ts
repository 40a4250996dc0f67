import type { EntryInTree } from '../draw/membership.ts';
import type { ReceiptVerdict } from './receipt-search.ts';

/** What a receipt and a proof say of each other, as sentences for whoever holds the receipt. */
export function describeReceipt(verdict: ReceiptVerdict): string[] {
  switch (verdict.kind) {
    case 'included': {
      const { index, entry } = verdict.membership.at;
      return [`Entry ${entry.entryId} is leaf ${index}: ${entry.reason}, weight ${entry.weight}.`];
    }
    case 'altered':
      return verdict.differences.map((difference) => `The entry was altered. ${difference}.`);
    case 'omitted': {
      const { before, after } = verdict.membership;
      return [
        `The entry was left out: it belongs between ${describeLeaf(before, 'the beginning')} and ${describeLeaf(after, 'the end')}.`,
      ];
    }
    case 'refused':
      return [verdict.reason];
  }
}

const describeLeaf = (leaf: EntryInTree | null, none: string): string =>
  leaf ? `${leaf.entry.entryId} (leaf ${leaf.index})` : none;
