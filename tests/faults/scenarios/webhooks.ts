import { delay } from '../../../scripts/stack/run.ts';
import { expectStatus } from '../../../scripts/stack/http-client.ts';
import { decideOnce, parkedSettlements } from '../flows/decide.ts';
import { carryThrough, type NamedOperation } from '../flows/flow.ts';
import { fund } from '../flows/fund.ts';
import { redeem } from '../flows/redeem.ts';
import { withdraw } from '../flows/withdraw.ts';
import { untilSaid } from '../patience.ts';
import { providerOf, signMessage, type Payment, type SignedMessage } from '../provider.ts';
import type { Run, Scenario } from '../scenario.ts';
import { hostsAccount } from '../world.ts';

const TIMES = 10;
const EACH = 4;
/** Of what was carried out, so many come back. */
const REVERSED = 2;
const WRONG_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const TOO_OLD_MS = 3_600_000;
const ALL_KEPT_MS = 20_000;
const UNREACHABLE_MS = 3_000;

/** The provider's messages come ten times each, in another order, late; others are forged, or signed and untrue. */
export const webhooks: Scenario = {
  name: 'webhooks',
  summary:
    'the provider’s messages ten times each and out of order; forged ones, old ones, and true signatures under lies',
  run: async (run) => {
    const { stand, world, random } = run;
    const provider = providerOf(stand.stack);
    stand.webhooks.keep();
    // Charges whose answer is lost wait for a message, or their next look.
    await provider.strike({ match: { operation: 'charge' }, effect: 'after', kind: 'error', times: EACH / 2 });
    const operations: NamedOperation[] = [];
    for (const flow of [fund, redeem, withdraw]) {
      const made = await flow.make(world, EACH, random);
      operations.push(...made.map((operation, index) => ({ ...operation, name: `${flow.name} ${index + 1}` })));
    }
    const problems = (await Promise.all(operations.map(carryThrough))).flat();
    const reversed = await reverseSome(run);
    await untilSaid('the messages', () => Promise.resolve(stand.webhooks.kept > 0 ? true : undefined), ALL_KEPT_MS);
    const lies = await tellLies(run);
    // Just then the provider cannot be asked whether it is true: it has to be asked again.
    stand.link('worker>provider').set({ kind: 'cut' });
    const delivered = await stand.webhooks.deliver(TIMES, random);
    await delay(UNREACHABLE_MS);
    stand.clearWeather();
    problems.push(...lies, ...(await comeBackOnce(run, reversed)), ...(await decideOnce(world)));
    return { points: delivered, problems };
  },
};

interface Reversed {
  readonly settlements: readonly Payment[];
  readonly withdrawals: readonly Payment[];
}

/** Payouts to the merchant and to the host that come back. */
async function reverseSome({ stand, world }: Run): Promise<Reversed> {
  const provider = providerOf(stand.stack);
  const { transfers } = await provider.truth();
  const hosts = hostsAccount(world);
  const settlements = transfers
    .filter(({ destination }) => destination === world.shop.payoutAccount)
    .slice(0, REVERSED);
  const withdrawals = transfers.filter(({ destination }) => destination === hosts).slice(0, REVERSED);
  for (const { reference } of [...settlements, ...withdrawals]) await provider.reverse(reference);
  return { settlements, withdrawals };
}

/** Every reversal opened one case, or returned one withdrawal. */
async function comeBackOnce({ world }: Run, { settlements, withdrawals }: Reversed): Promise<string[]> {
  const { giveaways, host } = world;
  const returned = async (): Promise<true | undefined> => {
    const { data } = expectStatus(
      await giveaways('GET', '/v1/wallet/withdrawals?limit=100', { token: host.token }),
      200,
    ).body;
    const count = (data as { state: string }[]).filter(({ state }) => state === 'RETURNED').length;
    return count >= withdrawals.length ? true : undefined;
  };
  try {
    await untilSaid('the withdrawals to be returned', returned);
    const parked = await untilSaid('the cases', async () => {
      const cases = await parkedSettlements(world);
      return cases.length >= settlements.length ? cases : undefined;
    });
    return parked
      .filter(({ reason, caseNumber }) => reason !== 'payout_reversed' || caseNumber !== 1)
      .map(({ settlementId, caseNumber, reason }) => `settlement ${settlementId}: case ${caseNumber}, ${reason}`);
  } catch (error) {
    return [String(error)];
  }
}

/** What must be refused, or believed only after the provider was asked. */
async function tellLies({ stand }: Run): Promise<string[]> {
  const { stack } = stand;
  const { transfers, charges } = await providerOf(stack).truth();
  const standing = transfers.filter(({ status }) => status === 'succeeded').slice(-EACH);
  const secret = stack.environment['SIMULATOR_WEBHOOK_SECRET'] ?? '';
  const problems: string[] = [];
  for (const { reference } of [...standing, ...charges.slice(-1)]) {
    const lie = { type: 'transfer.reversed', data: { kind: 'transfer', reference } };
    const changed = signMessage({ ...lie, type: 'transfer.succeeded' }, secret);
    const refused: SignedMessage[] = [
      signMessage(lie, WRONG_SECRET),
      signMessage(lie, secret, Date.now() - TOO_OLD_MS),
      { ...changed, body: JSON.stringify(lie) },
    ];
    for (const service of ['giveaway-api', 'giftcard-api'] as const) {
      const send = async ({ headers, body }: SignedMessage): Promise<number> =>
        (await fetch(`${stack.applicationUrl(service)}/v1/webhooks/payments`, { method: 'POST', headers, body }))
          .status;
      for (const message of refused) {
        const status = await send(message);
        if (status < 400 || status >= 500) problems.push(`a forged message was answered with ${status}`);
      }
      const status = await send(signMessage(lie, secret));
      if (status !== 204) problems.push(`a signed message was answered with ${status}`);
    }
  }
  return problems;
}
