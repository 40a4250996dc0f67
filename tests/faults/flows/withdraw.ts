import { asking, once, stateOnce, type Flow } from './flow.ts';

const ENDS = ['SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION', 'RETURNED'];

/** A host takes money out of a wallet. */
export const withdraw: Flow = {
  name: 'withdraw',
  make: ({ giveaways, host }, count, random) =>
    Promise.resolve(
      Array.from({ length: count }, () => {
        const body = { amountMinor: String(random.between(1_000, 9_000)), currency: 'USD' };
        const { token } = host;
        const { ids, ask } = asking({ api: giveaways, token, path: '/v1/wallet/withdrawals', body });
        const { begin, known } = once(async () => (await ask()).body.withdrawalId as string);
        return {
          ids,
          begin,
          ended: () => stateOnce(giveaways, token, known() && `/v1/wallet/withdrawals/${known()}`, ENDS),
          wanted: 'SUCCEEDED',
        };
      }),
    ),
};
