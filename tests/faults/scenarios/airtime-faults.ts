import { delay } from '../../../scripts/stack/run.ts';
import { airtimeProviderOf, CARD_FACE_MINOR, type AirtimeCard } from '../airtime.ts';
import type { NamedOperation } from '../flows/flow.ts';
import { vendWith } from '../flows/vend.ts';
import { underLoad } from '../load.ts';
import { untilSaid } from '../patience.ts';
import { unheardTakeBacks } from '../proofs/airtime-agrees.ts';
import { signMessage } from '../provider.ts';
import type { Weather } from '../proxies/tcp-proxy.ts';
import type { Run, Scenario } from '../scenario.ts';
import type { Link, Process } from '../stand.ts';

const [VENDS, QUICK_VENDS] = [40, 20];
const SPREAD_MS = 12_000;
const TOLD_TIMES = 2;
/** Who has found out nothing until then asks again within a minute; later the waits are longer. */
const BAD_FOR_MS = 35_000;
const WRONG_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const LIES = 4;

const ON_THE_WIRE = {
  timeout_before: 0.03,
  timeout_after: 0.05,
  error_before: 0.04,
  error_after: 0.06,
  reset_before: 0.03,
  reset_after: 0.05,
  malformed_before: 0.02,
  malformed_after: 0.05,
  rate_limit: 0.03,
};
const OF_SENDS = {
  refuse: 0.07,
  low_float: 0.06,
  pending: 0.06,
  pending_then_failed: 0.05,
  appear_late: 0.08,
  reverse: 0.1,
};
const RATES = { send: { ...ON_THE_WIRE, ...OF_SENDS }, look_up: ON_THE_WIRE, operator: { error_before: 0.1 } };
/** What comes later comes so much later. */
const LATER_MS = 1_500;

type Blow = { readonly kill: Process } | { readonly link: Link; readonly weather: Exclude<Weather, { kind: 'clear' }> };
const SLOW = { kind: 'slow', delayMs: 400, bytesPerSecond: 50_000 } as const;
const BLOWS: readonly Blow[] = [
  { kill: 'worker' },
  { link: 'worker>airtime', weather: { kind: 'cut' } },
  { link: 'worker>airtime', weather: { kind: 'silent' } },
  { kill: 'giftcard-api' },
  { link: 'worker>airtime', weather: SLOW },
  { link: 'worker>airtime', weather: { kind: 'half-closed', towards: 'client' } },
  { link: 'giftcard-api>airtime', weather: { kind: 'cut' } },
  { link: 'provider>giftcard-api', weather: { kind: 'cut' } },
  { kill: 'worker' },
];

/** The airtime provider goes wrong in every way it can while phones are topped up, and so do the ways to it. */
export const airtimeFaults: Scenario = {
  name: 'airtime-faults',
  summary: 'phones topped up while the airtime provider errs, forgets, takes back and repeats itself, and is cut off',
  run: async (run: Run) => {
    const { stand, world, seed, random, quick, tell } = run;
    const provider = airtimeProviderOf(stand.stack);
    const cards = await world.airtime.take(quick ? QUICK_VENDS : VENDS);
    const operations = cards.map((card, index) => ({ ...vendWith(world, card), name: `vend ${index + 1}` }));
    const blows = random.shuffle(BLOWS).slice(0, quick ? 3 : BLOWS.length);
    let told = 0;
    stand.airtimeMessages.keep();
    await provider.mix({ seed, ...RATES, afterMs: LATER_MS });
    const problems = await underLoad(operations.map(orRefused), SPREAD_MS, async () => {
      const until = Date.now() + BAD_FOR_MS;
      for (const [index, blow] of blows.entries()) {
        await strike(run, blow);
        if (index !== Math.floor(blows.length / 2)) continue;
        // What comes after that is told at the end, when all has been asked about.
        told += await stand.airtimeMessages.deliver(TOLD_TIMES, random);
        stand.airtimeMessages.keep();
      }
      await delay(Math.max(0, quick ? 0 : until - Date.now()));
      await provider.clearFaults();
    });
    await delay(LATER_MS);
    told += await stand.airtimeMessages.deliver(TOLD_TIMES, random);
    const lies = await tellLies(run);
    await untilSaid('what was taken back to be known', async () =>
      (await unheardTakeBacks(stand.stack)).length === 0 ? true : undefined,
    );
    const ends = await endsOf(run, cards, operations);
    tell(
      `${blows.length} blows, ${told} messages; ${[...ends.counts].map(([state, n]) => `${n} ${state}`).join(', ')}`,
    );
    return { points: operations.length + blows.length, problems: [...problems, ...lies, ...ends.problems] };
  },
};

/** What the provider refuses ends so, and no book may say otherwise: that is proved afterwards. */
const orRefused = (operation: NamedOperation): NamedOperation => ({
  ...operation,
  ended: async () => {
    const state = await operation.ended();
    return state === 'FAILED_DEFINITE' ? operation.wanted : state;
  },
});

async function strike({ stand, random }: Run, blow: Blow): Promise<void> {
  if ('kill' in blow) return stand.killAndRestart(blow.kill);
  stand.link(blow.link).set(blow.weather);
  await delay(random.between(1_000, 3_000));
  stand.link(blow.link).set({ kind: 'clear' });
}

/** A signature of somebody else is refused; under a true one the provider is asked, and nothing is taken back. */
async function tellLies({ stand: { stack } }: Run): Promise<string[]> {
  const secret = stack.environment['AIRTIME_SIMULATOR_WEBHOOK_SECRET'] ?? '';
  const { topUps } = await airtimeProviderOf(stack).truth();
  const problems: string[] = [];
  for (const { reference } of topUps.filter(({ status }) => status === 'delivered').slice(-LIES)) {
    const say = async (signed: string): Promise<number> => {
      const message = signMessage({ type: 'top_up.reversed', data: { reference } }, signed);
      return (
        await fetch(`${stack.applicationUrl('giftcard-api')}/v1/webhooks/airtime`, { method: 'POST', ...message })
      ).status;
    };
    for (const [status, wanted] of [
      [await say(WRONG_SECRET), 401],
      [await say(secret), 204],
    ])
      if (status !== wanted) problems.push(`an untrue message was answered with ${status}, not with ${wanted}`);
  }
  return problems;
}

interface Ends {
  readonly counts: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** How each has ended; a card is empty where its phone was topped up, and whole again where it was not. */
async function endsOf(
  { world: { cards: api } }: Run,
  cards: readonly AirtimeCard[],
  operations: readonly NamedOperation[],
): Promise<Ends> {
  const counts = new Map<string, number>();
  const problems: string[] = [];
  for (const [index, { cardId, winner }] of cards.entries()) {
    const { token } = winner;
    const read = async (path: string) => (await api('GET', path, { token })).body;
    const { name, result } = operations[index] ?? {};
    const state = async (): Promise<string> => (await read(`/v1/top-ups/${result?.()}`)).state;
    const agrees = async (): Promise<true | undefined> => {
      const left = (await read(`/v1/gift-cards/${cardId}`)).remainingMinor;
      return left === ((await state()) === 'DELIVERED' ? '0' : CARD_FACE_MINOR) ? true : undefined;
    };
    await untilSaid(`the card of ${name} to say so`, agrees).catch((error: unknown) => problems.push(String(error)));
    const ended = await state();
    counts.set(ended, (counts.get(ended) ?? 0) + 1);
  }
  return { counts, problems };
}
