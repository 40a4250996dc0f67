import type { Stack } from '../../../scripts/stack/stack.ts';
import type { AirtimeTruth } from '../../support/airtime-provider.ts';
import { airtimeProviderOf } from '../airtime.ts';
import { rowsOf } from './rows.ts';

interface Intent {
  readonly id: string;
  readonly vend: string;
  readonly amount: bigint;
  readonly state: string;
}

const INTENTS = `
  select i.id::text, v.id::text as vend, v.amount_minor as amount, i.state from airtime_intents i join airtime_vends v on v.id = i.vend_id`;

/** What the provider may say of an intent in this state; undefined: it has never heard of it. */
const MUST_BE: Readonly<Record<string, readonly (string | undefined)[]>> = {
  DELIVERED: ['delivered'],
  REVERSED: ['reversed'],
  // It came and went before anybody knew, or did not come.
  FAILED_DEFINITE: ['failed', 'reversed'],
};

/** Everything in which our book of top-ups and the airtime provider's own records differ; nothing once all is at rest. */
export async function airtimeAgrees(stack: Stack): Promise<string[]> {
  const intents = await rowsOf<Intent>(stack, 'GIFTCARD', INTENTS);
  const truth = await airtimeProviderOf(stack).truth();
  return [...compare(intents, truth), ...arrivals(intents, truth)];
}

function compare(intents: readonly Intent[], { topUps }: AirtimeTruth): string[] {
  const said = new Map(topUps.map((topUp) => [topUp.reference, topUp]));
  const problems = intents.flatMap(({ id, vend, amount, state }): string[] => {
    const topUp = said.get(id);
    const status = topUp?.status ?? 'nothing';
    if (!MUST_BE[state]?.includes(topUp?.status))
      return [`airtime intent ${id} (top-up ${vend}) is ${state}, but the airtime provider says ${status}`];
    if (topUp && BigInt(topUp.amount) !== amount)
      return [`airtime intent ${id} (top-up ${vend}) is over ${amount}, but ${topUp.amount} was sent`];
    return [];
  });
  const known = new Set(intents.map(({ id }) => id));
  const strangers = topUps.filter(({ reference }) => !known.has(reference));
  return [...problems, ...strangers.map(({ reference }) => `no book knows the airtime top-up ${reference}`)];
}

/** What has really reached a phone and stayed there: once for a vend that was delivered, and never for another. */
function arrivals(intents: readonly Intent[], { effects }: AirtimeTruth): string[] {
  return [...Map.groupBy(intents, ({ vend }) => vend)].flatMap(([vend, ofVend]) => {
    const ids = new Set(ofVend.map(({ id }) => id));
    const of = (wanted: string): number =>
      effects.filter(({ reference, effect }) => effect === wanted && ids.has(reference)).length;
    const stayed = of('delivered') - of('reversed');
    const wanted = ofVend.filter(({ state }) => state === 'DELIVERED').length;
    return stayed === wanted ? [] : [`airtime of top-up ${vend} arrived ${stayed} times, the book says ${wanted}`];
  });
}

/** Top-ups that were taken back, and of which our book does not know that yet. */
export async function unheardTakeBacks(stack: Stack): Promise<readonly string[]> {
  const { topUps } = await airtimeProviderOf(stack).truth();
  const intents = await rowsOf<Intent>(stack, 'GIFTCARD', INTENTS);
  const ended = new Set(
    intents.filter(({ state }) => state === 'REVERSED' || state === 'FAILED_DEFINITE').map(({ id }) => id),
  );
  return topUps
    .filter(({ reference, status }) => status === 'reversed' && !ended.has(reference))
    .map(({ reference }) => reference);
}
