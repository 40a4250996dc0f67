import type { WorkflowContext } from '../../temporal-config/bundle.ts';

/** Whose workflow code runs on a queue. */
export const CONTEXT_OF_QUEUE: Readonly<Record<string, WorkflowContext>> = {
  wallet: 'wallet',
  giveaway: 'giveaway',
  giftcard: 'giftcard',
};

/** Payloads are bytes anywhere in the history's tree. */
export function payloadTexts(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(payloadTexts);
}
