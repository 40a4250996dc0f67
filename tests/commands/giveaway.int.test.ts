import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { expireClaims } from '../../db/giveaway/expire-claims.ts';
import { fulfilAward } from '../../db/giveaway/fulfil-award.ts';
import { createGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { readDrawMaterial, saveCommitment, saveDraw } from '../../db/giveaway/draw-giveaway.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { beginPublish, completePublish, failPublish, planPublish } from '../../db/giveaway/publish-giveaway.ts';
import { advanceGiveaway, closeGiveaway, openGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { readBalances } from '../../db/ledger/balances.ts';
import { checkWallets } from '../../db/wallet/audit.ts';
import { walletAccounts } from '../../db/wallet/accounts.ts';
import { beginFunding, completeFunding, failFunding, parkFunding } from '../../db/wallet/fund-wallet.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../db/wallet/hold-wallet.ts';
import { claimKey, completeKey } from '../../db/idempotency/claim-key.ts';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import { grantRoles, registerUser } from '../../db/identity/users.ts';
import { drawSecretAad, hashSecret } from '../../domain/draw/randomness.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { createSecretBox } from '../../runtime/secret-box.ts';
import { drawEntries, newEntry, passDeadline } from '../support/giveaways.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { KEY_ID, publicKey, signHex } from '../giveaway/draw/build-draw.ts';
import { eventCounts, twice } from './twice.ts';

const cause = { actor: 'system', requestId: 'test' };
const ids = { host: randomUUID(), giveaway: randomUUID(), publish: randomUUID() };
const SECRET = 'ab'.repeat(32);

describe('every command of the giveaway database, twice at once and again', () => {
  let test: TestDatabase;
  const box = createSecretBox([{ id: 'k', key: Buffer.alloc(32, 1) }]);
  const run = <T>(command: () => Promise<T>): Promise<T> => twice(test.db, command);
  const ref = { giveawayId: ids.giveaway, hostId: ids.host, publishId: ids.publish };

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('registers a user and grants roles', async () => {
    const user = {
      id: ids.host,
      email: 'Host@example.com',
      displayName: 'H',
      roles: ['host' as const],
      passwordHash: 'x',
    };
    await run(() => registerUser(test.db, user, cause));
    await expect(
      registerUser(test.db, { ...user, id: randomUUID(), email: 'hOST@example.com' }, cause),
    ).rejects.toMatchObject({ code: 'email_taken' });
    await run(() => grantRoles(test.db, { userId: ids.host, roles: ['finance'] }, cause));
  });

  it('funds a wallet, and parks or fails a funding', async () => {
    const fund = (fundingId: string) => ({
      fundingId,
      hostId: ids.host,
      currency: 'USD',
      amountMinor: 30_000n,
      source: 'tok',
    });
    const [good, bad, lost] = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [good, bad, lost]) await run(() => beginFunding(test.db, fund(id), cause));
    await run(() => completeFunding(test.db, { fundingId: good, providerId: 'ch', feeMinor: 901n }, cause));
    await run(() => failFunding(test.db, { fundingId: bad, failureCode: 'card_declined' }, cause));
    await run(() => parkFunding(test.db, { fundingId: lost, reason: 'unknown' }, cause));
    const [balance, fees] = await readBalances(test.db, Object.values(walletAccounts(ids.host, 'USD')));
    expect([balance?.availableMinor, fees?.postedMinor]).toEqual([30_000n, 901n]);
    await expect(beginFunding(test.db, { ...fund(good), amountMinor: 1n }, cause)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('creates and publishes; a hold takes the fee’s share, and an undone one is refused for ever', async () => {
    const prizes = [1, 2].map(() => ({
      id: randomUUID(),
      cardId: randomUUID(),
      merchantId: randomUUID(),
      catalogueItemId: randomUUID(),
      faceMinor: 12_500n,
    }));
    const giveaway = {
      id: ids.giveaway,
      hostId: ids.host,
      title: 'T',
      description: '',
      currency: 'USD',
      closesAt: new Date(Date.now() + 600_000),
      claimWindowMs: 60_000,
      prizes,
    };
    await run(() => createGiveaway(test.db, giveaway, cause));
    expect((await run(() => planPublish(test.db, ref))).grossMinor).toBe(25_000n);
    const hold = { id: ids.publish, hostId: ids.host, currency: 'USD', giveawayId: ids.giveaway, grossMinor: 25_000n };
    expect((await run(() => holdWallet(test.db, hold, cause))).feeMinor).toBe('750');
    await run(() => beginPublish(test.db, ref, cause));
    await run(() => postWalletHold(test.db, ids.publish, cause));
    await run(() => completePublish(test.db, { ...ref, merchantOwnerIds: [randomUUID()] }, cause));
    await run(() => failPublish(test.db, { ...ref, failureCode: 'late' }, cause));
    const undone = { ...hold, id: randomUUID(), grossMinor: 100n };
    await run(() => voidWalletHold(test.db, undone.id, cause));
    await expect(holdWallet(test.db, undone, cause)).rejects.toMatchObject({ code: 'ledger_transfer_voided' });
    await expect(holdWallet(test.db, { ...hold, id: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'wallet_insufficient_funds',
    });
  });

  it('opens, takes entries, closes at the deadline and not before', async () => {
    const secretHash = hashSecret(drawCrypto, { giveawayId: ids.giveaway, drawNumber: 1, secret: SECRET });
    await run(() =>
      openGiveaway(test.db, ids.giveaway, { sealed: box.seal(SECRET, drawSecretAad(ids.giveaway)), secretHash }, cause),
    );
    for (let number = 0; number < 4; number += 1) {
      const entry = newEntry(ids.giveaway);
      await run(() => enterGiveaway(test.db, entry, cause));
      await expect(enterGiveaway(test.db, { ...entry, id: randomUUID() }, cause)).rejects.toMatchObject({
        code: 'entry_duplicate',
      });
    }
    expect(await closeGiveaway(test.db, ids.giveaway, cause)).toBeGreaterThan(0);
    await passDeadline(test.db, ids.giveaway);
    expect(await run(() => closeGiveaway(test.db, ids.giveaway, cause))).toBe(0);
    await expect(enterGiveaway(test.db, newEntry(ids.giveaway), cause)).rejects.toMatchObject({
      code: 'giveaway_closed',
    });
  });

  it('commits, draws, claims, expires and fulfils', async () => {
    const signer = { keyId: KEY_ID, publicKey, sign: signHex };
    const draws = drawGiveawayActivities({ db: test.db, secrets: box, signer, heartbeat: () => {} });
    const input = { giveawayId: ids.giveaway, ...cause };
    await run(() => draws.commitDraw(input));
    await run(() => draws.drawGiveaway(input));
    const { draw } = await readDrawMaterial(test.db, ids.giveaway);
    const { commitment, signature, proof_head: head } = draw;
    if (!commitment || !signature || !head) throw new Error('nothing was drawn');
    await run(() => saveCommitment(test.db, { giveawayId: ids.giveaway, commitment, signature }, cause));
    await run(() => saveDraw(test.db, { giveawayId: ids.giveaway, head, rankedCount: 4 }, cause));
    expect(await drawEntries(test.db, ids.giveaway)).toHaveLength(4);
    await run(() => advanceGiveaway(test.db, { giveawayId: ids.giveaway, to: 'FULFILLING' }, cause));

    const awards = await test
      .db('giveaway_awards')
      .orderBy('rank')
      .select<{ id: string; participant_id: string }[]>('id', 'participant_id');
    const [first, second] = awards;
    await run(() =>
      claimAward(test.db, { awardId: first?.id ?? '', participantId: first?.participant_id ?? '' }, cause),
    );
    expect(await run(() => fulfilAward(test.db, first?.id ?? '', cause))).toMatchObject({ openAwards: 1 });
    await test
      .db('giveaway_awards')
      .where({ id: second?.id })
      .update({ claim_expires_at: new Date(0) });
    await expireClaims(test.db, ids.giveaway, cause);
    await expect(
      claimAward(test.db, { awardId: second?.id ?? '', participantId: second?.participant_id ?? '' }, cause),
    ).rejects.toMatchObject({ code: 'award_claim_expired' });
    const after = await test
      .db('giveaway_awards')
      .orderBy('rank')
      .select<{ rank: number; state: string }[]>('rank', 'state');
    expect(after).toEqual([
      { rank: 1, state: 'FULFILLED' },
      { rank: 2, state: 'EXPIRED' },
      { rank: 3, state: 'NOTIFIED' },
    ]);
    expect(await eventCounts(test.db)).toMatchObject({
      'giveaway.drawn': 1,
      'giveaway.award.promoted': 1,
      'giveaway.entry.received': 4,
    });
  });

  it('takes a webhook once', async () => {
    const webhook = { id: 'msg_1', type: 'charge.succeeded', reference: 'x' };
    const both = await Promise.all([receiveWebhook(test.db, webhook), receiveWebhook(test.db, webhook)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await receiveWebhook(test.db, webhook)).toBe(false);
  });

  it('claims an idempotency key for one of fifty', async () => {
    const key = {
      principal: 'p',
      route: 'r',
      key: 'k',
      requestHash: Buffer.from('a'),
      resourceId: randomUUID(),
      budgetMs: 60_000,
    };
    const claim = () => claimKey(test.db, { ...key, attemptId: randomUUID() });
    const claims = await Promise.all(Array.from({ length: 50 }, claim));
    expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    const answer = { status: 201, ofCommand: false, headers: { location: '/here' }, response: { ok: true } };
    await run(() => completeKey(test.db, key, answer));
    expect(await claim()).toEqual({ kind: 'answered', answer });
    const other = { ...key, attemptId: randomUUID(), requestHash: Buffer.from('b') };
    expect(await claimKey(test.db, other)).toEqual({ kind: 'reused' });
  });

  it('keeps the invariants', async () => {
    const checks = [
      ...(await checkLedger(test.db, 'x')),
      ...(await checkGiveaways(test.db)),
      ...(await checkWallets(test.db)),
    ];
    expect(checks.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
