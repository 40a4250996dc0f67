import { asking, once, stateOnce, type Flow } from './flow.ts';

const ENDS = ['SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION'];

/** A host charges a wallet. */
export const fund: Flow = {
  name: 'fund',
  make: ({ giveaways, host }, count, random) =>
    Promise.resolve(
      Array.from({ length: count }, () => {
        const body = { amountMinor: String(random.between(1_000, 50_000)), currency: 'USD', source: 'tok_visa' };
        const { token } = host;
        const { ids, ask } = asking({ api: giveaways, token, path: '/v1/wallet/fundings', body });
        const { begin, known } = once(async () => (await ask()).body.fundingId as string);
        return {
          ids,
          begin,
          ended: () => stateOnce(giveaways, token, known() && `/v1/wallet/fundings/${known()}`, ENDS),
          wanted: 'SUCCEEDED',
        };
      }),
    ),
};
