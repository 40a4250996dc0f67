import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import { drawRandomnessActivities, type RandomnessPorts } from '../../activities/giveaway/draw-randomness.ts';
import { cancelGiveaway } from '../../db/giveaway/cancel-giveaway.ts';
import { createGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { readDrawMaterial, saveCommitment } from '../../db/giveaway/draw-giveaway.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { findGiveaway } from '../../db/giveaway/giveaway-snapshot.ts';
import { editGiveaway, type GiveawayChange } from '../../db/giveaway/edit-giveaway.ts';
import { closeGiveawayEarly, extendGiveaway } from '../../db/giveaway/move-deadline.ts';
import { readRules } from '../../db/giveaway/rules-versions.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { isLate } from '../../domain/proof/randomness-checks.ts';
import type { DrawSources } from '../../domain/draw/randomness-rules.ts';
import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { httpBeacon } from '../../providers/beacon/http.ts';
import { httpTimestamp } from '../../providers/timestamp/http.ts';
import { readCertificates } from '../../runtime/certificates.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testPrizes } from '../support/drawn-giveaway.ts';
import { readProof } from '../support/draws.ts';
import { newEntry, openTestGiveaway, testSecrets } from '../support/giveaways.ts';
import { type Simulator, startSimulator } from '../support/simulator.ts';
import { KEY_ID, publicKey, signHex } from './draw/build-draw.ts';

const cause = { actor: 'user:test', requestId: 'test' };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** From the deadline to the round: time enough for a commitment, and for what is asked before the round is out. */
const DELAY_SECONDS = 12;
const signer = { keyId: KEY_ID, publicKey, sign: signHex };

describe('a draw that rests on a beacon and is witnessed', () => {
  let test: TestDatabase;
  let beacon: Simulator;
  let authority: Simulator;
  let ports: RandomnessPorts;
  let sources: DrawSources;
  let authorities: Uint8Array[];

  beforeAll(async () => {
    [test, beacon, authority] = await Promise.all([
      createTestDatabase('giveaway'),
      startSimulator('beacon', { BEACON_SIMULATOR_PERIOD_SECONDS: '1' }),
      startSimulator('timestamp'),
    ]);
    const [chainHash] = (await (await fetch(`${beacon.url}/chains`)).json()) as [string];
    authorities = readCertificates(await (await fetch(`${authority.url}/certificate`)).text());
    ports = {
      beacon: httpBeacon({ baseUrls: [beacon.url], timeoutMs: 5_000, crypto: drawCrypto }),
      timestamp: httpTimestamp({ url: authority.url, timeoutMs: 5_000, authorities, crypto: drawCrypto }),
    };
    sources = {
      beacon: { kind: 'drand', chainHash, delaySeconds: DELAY_SECONDS, marginSeconds: 1 },
      witnessed: true,
    };
  });
  afterAll(() => Promise.all([test.drop(), beacon.stop(), authority.stop()]));
  beforeEach(() => Promise.all([beacon.conditions({}), authority.conditions({})]));

  const frozen = async (randomness: 'drand' | 'commit_reveal' = 'drand'): Promise<string> => {
    const id = await openTestGiveaway(test.db, { randomness, earlyClose: true }, {}, sources);
    for (let n = 0; n < 3; n += 1) await enterGiveaway(test.db, newEntry(id), cause);
    await closeGiveawayEarly(test.db, { giveawayId: id, reason: 'enough' }, cause);
    await freeze(id);
    return id;
  };
  const freeze = async (id: string): Promise<void> => {
    for (let early = 1; early > 0; early = await closeGiveaway(test.db, id, cause)) await wait(early);
  };
  const activities = (given: RandomnessPorts = ports) => ({
    ...drawGiveawayActivities({ db: test.db, secrets: testSecrets, signer, heartbeat: () => {}, ...given }),
    ...drawRandomnessActivities(test.db, given),
  });
  it('has no secret, and says so from the opening', async () => {
    const id = await openTestGiveaway(test.db, { randomness: 'drand' }, {}, sources);
    const draw = await test.db('giveaway_draws').where({ giveaway_id: id }).first();
    expect(draw).toMatchObject({ secret_sealed: null, secret_hash: null, randomness: sources.beacon, witnessed: true });
    expect(draw.rules_text).toMatch(
      /\nRandomness: drand chain [0-9a-f]{64}, .*\nWitness: the commitment is time-stamped/,
    );
    expect(await enterGiveaway(test.db, newEntry(id), cause)).toMatchObject({ secretHash: null });
  });

  it('does not open by the weaker source when no beacon is configured', async () => {
    await expect(openTestGiveaway(test.db, { randomness: 'drand' })).rejects.toThrow('none is configured');
  });

  it('moves its round with the deadline, as the rules allow, and they say so at once', async () => {
    const [hostId, inHours] = [randomUUID(), (hours: number) => new Date(Date.now() + hours * 3_600_000)];
    const rules = { earlyClose: true, maxExtensionMs: 3_600_000 };
    const id = await openTestGiveaway(
      test.db,
      { hostId, randomness: 'drand', closesAt: inHours(1), ...rules },
      {},
      sources,
    );
    const promised = async (): Promise<Date> => {
      const { closes_at: closesAt } = await test.db('giveaways').where({ id }).first();
      const { randomness, rules_text: text } = await test.db('giveaway_draws').where({ giveaway_id: id }).first();
      expect(randomness).toEqual({ ...sources.beacon, closesAt: closesAt.toISOString() });
      expect(text).toContain(`Entry ends at ${closesAt.toISOString()}.`);
      expect(text).toContain(`the first round at or after ${closesAt.toISOString()} and ${DELAY_SECONDS} s;`);
      expect(text).toContain('Where the deadline moves, the round is counted from the new one.');
      return closesAt;
    };
    const edited = inHours(2);
    const edit = { giveawayId: id, hostId, change: { closesAt: edited }, notice: 'more time' };
    await editGiveaway(test.db, edit, cause);
    expect(await promised()).toEqual(edited);
    await enterGiveaway(test.db, newEntry(id), cause);
    const extended = new Date(edited.getTime() + 3_600_000);
    await extendGiveaway(test.db, { giveawayId: id, closesAt: extended, reason: 'more still' }, cause);
    expect(await promised()).toEqual(extended);
    await closeGiveawayEarly(test.db, { giveawayId: id, reason: 'enough' }, cause);
    expect((await promised()).getTime()).toBeLessThanOrEqual(Date.now());
    await freeze(id);
    const { commitDraw, fetchRound, drawGiveaway } = activities();
    const input = { giveawayId: id, ...cause };
    const awaited = await commitDraw(input);
    expect(awaited?.dueInMs).toBeLessThan((DELAY_SECONDS + 2) * 1_000);
    await wait((awaited?.dueInMs ?? 0) + 50);
    await fetchRound(input);
    await drawGiveaway(input);
    const proof = await readProof(test.db, id);
    expect(isLate(proof)).toBe(false);
    expect(verifyProof(proof, drawCrypto, { authorities })).toMatchObject({ ok: true, witnessed: 'witnessed' });
    expect(proof.rules).toBe(await readRules(test.db, id, sources));
  });

  it('counts from the opening where the host draws by hand, whatever becomes of the deadline', async () => {
    const closesAt = new Date(Date.now() + 3_600_000);
    const change = { randomness: 'drand', closesAt, mode: { drawBy: 'either' }, maxExtensionMs: 3_600_000 } as const;
    const id = await openTestGiveaway(test.db, change, {}, sources);
    const { opened_at: openedAt } = await test.db('giveaways').where({ id }).first();
    const later = new Date(closesAt.getTime() + 60_000);
    await extendGiveaway(test.db, { giveawayId: id, closesAt: later, reason: 'more time' }, cause);
    expect(await readRules(test.db, id, sources)).toMatch(
      new RegExp(
        `Entry ends at ${later.toISOString()}[^]*first round at or after ${openedAt.toISOString()} and ${DELAY_SECONDS} s;`,
      ),
    );
  });

  it('is not promised of an instant win, and a draft that becomes one rests on a secret', async () => {
    const [id, hostId] = [randomUUID(), randomUUID()];
    const times = { closesAt: new Date(Date.now() + 3_600_000), claimWindowMs: 60_000 };
    const draft = { hostId, title: 'T', description: '', currency: 'USD', ...times, prizes: testPrizes(1) };
    const instantWin = { mode: 'instant_win', instantWin: { by: 'first_come' } } as const;
    const refused = { code: 'randomness_not_available' };
    const promising = { ...draft, id: randomUUID(), mode: instantWin, randomness: 'drand' } as const;
    await expect(createGiveaway(test.db, promising, cause)).rejects.toMatchObject(refused);
    await createGiveaway(test.db, { ...draft, id, randomness: 'drand' }, cause);
    const edit = (change: GiveawayChange) =>
      editGiveaway(test.db, { giveawayId: id, hostId, change, notice: 'other' }, cause);
    await expect(edit({ mode: instantWin, randomness: 'drand' })).rejects.toMatchObject(refused);
    expect((await edit({ mode: instantWin })).changed.toSorted()).toEqual(['mode', 'randomness']);
    const { rules } = await test.db('giveaways').where({ id }).first();
    expect(rules).toMatchObject({ mode: 'instant_win', randomness: 'commit_reveal' });
  });

  it('commits to one round however often it is asked, waits for it, and gives a proof that holds', async () => {
    const id = await frozen();
    const { commitDraw, fetchRound, drawGiveaway } = activities();
    const input = { giveawayId: id, ...cause };
    const awaited = await twice(test.db, async () => {
      const round = await commitDraw(input);
      return { round: round?.round, chainHash: round?.chainHash };
    });
    const { draw } = await readDrawMaterial(test.db, id);
    expect(draw.commitment?.randomness).toMatchObject({ kind: 'drand', ...awaited });
    await expect(drawGiveaway(input)).rejects.toThrow('is not known');
    await expect(fetchRound(input)).rejects.toThrow('HTTP 404');
    await wait((await commitDraw(input))!.dueInMs + 50);
    await twice(test.db, () => fetchRound(input));
    await twice(test.db, () => drawGiveaway(input));
    const proof = await readProof(test.db, id);
    const { chainHash: trustedChain } = awaited;
    const published = (await findGiveaway(test.db, id))?.commitment;
    const options = { authorities, trustedChain: trustedChain ?? '', publishedHash: published?.hash ?? '' };
    expect(verifyProof(proof, drawCrypto, options)).toMatchObject({
      ok: true,
      randomness: 'drand',
      witnessed: 'witnessed',
    });
  });

  it('is not committed to while nobody witnesses it in time, and takes a later round then', async () => {
    const id = await frozen();
    const { commitDraw } = activities();
    const input = { giveawayId: id, ...cause };
    await authority.conditions({ down: true });
    await expect(commitDraw(input)).rejects.toThrow('answered 503');
    await authority.conditions({ clockOffsetMs: 60_000 });
    await expect(commitDraw(input)).rejects.toThrow('too late for round');
    expect((await readDrawMaterial(test.db, id)).draw.commitment).toBeNull();
    await authority.conditions({});
    await wait(DELAY_SECONDS * 1_000);
    await commitDraw(input);
    const { draw } = await readDrawMaterial(test.db, id);
    const source = draw.commitment?.randomness;
    if (source?.kind !== 'drand' || !draw.beacon_chain) throw new Error('no beacon');
    const dueMs = (draw.beacon_chain.genesisTime + (source.round - 1)) * 1_000;
    // Counted from the publication, because the round that follows from the deadline is too near by now.
    expect(dueMs).toBeGreaterThanOrEqual(Date.parse(source.publishedAt) + DELAY_SECONDS * 1_000);
  });

  it('believes no round that is not signed, and waits', async () => {
    const id = await frozen();
    const { commitDraw, fetchRound } = activities();
    const input = { giveawayId: id, ...cause };
    await wait((await commitDraw(input))!.dueInMs + 50);
    await beacon.conditions({ wrongSignature: true });
    await expect(fetchRound(input)).rejects.toThrow('the signature is wrong');
    await beacon.conditions({ lateMs: 3_600_000 });
    await expect(fetchRound(input)).rejects.toThrow('HTTP 404');
    await beacon.conditions({});
    await fetchRound(input);
    expect((await readDrawMaterial(test.db, id)).draw.beacon_signature).toMatch(/^[0-9a-f]{96}$/);
  });

  it('is fixed by the database once it is committed to', async () => {
    const id = await frozen();
    const input = { giveawayId: id, ...cause };
    // Until then it can be edited and put off.
    await test.db('giveaways').where({ id }).update({ title: 'Before' });
    await activities().commitDraw(input);
    const giveaways = () => test.db('giveaways').where({ id });
    const draws = () => test.db('giveaway_draws').where({ giveaway_id: id });
    const prizes = () => test.db('giveaway_prizes').where({ giveaway_id: id });
    const refused = [
      giveaways().update({ state: 'CANCELLED' }),
      giveaways().update({ state: 'CLOSED' }),
      giveaways().update({ closes_at: new Date(Date.now() + 3_600_000) }),
      giveaways().update({ title: 'Another' }),
      giveaways().update({ rules: '{}' }),
      draws().update({ commitment: '{}' }),
      draws().update({ rules_text: 'Others' }),
      draws().update({ witness: null }),
      draws().update({ entries_digest: null }),
      draws().update({ commitment: null, committed_at: null }),
      draws().delete(),
      prizes().delete(),
      prizes().update({ position: 9 }),
    ];
    for (const change of refused) await expect(change).rejects.toMatchObject({ code: 'HS002' });
    const { draw } = await readDrawMaterial(test.db, id);
    const other = { ...draw.commitment!, root: '0'.repeat(64) };
    await saveCommitment(test.db, { giveawayId: id, commitment: other, signature: draw.signature! }, cause);
    expect((await readDrawMaterial(test.db, id)).draw.commitment).toEqual(draw.commitment);
    await expect(cancelGiveaway(test.db, { giveawayId: id, reason: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'giveaway_not_cancellable',
    });
    await prizes().update({ card_id: randomUUID() });
  });

  it('is carried out from the entries themselves where its commitment has no digest of them', async () => {
    const id = await frozen('commit_reveal');
    const input = { giveawayId: id, ...cause };
    await activities().commitDraw(input);
    await test.db.raw('alter table giveaway_draws disable trigger giveaway_draws_committed');
    await test.db('giveaway_draws').where({ giveaway_id: id }).update({ entries_digest: null });
    await test.db.raw('alter table giveaway_draws enable trigger giveaway_draws_committed');
    await activities().drawGiveaway(input);
    expect((await readDrawMaterial(test.db, id)).draw.proof_head).not.toBeNull();
  });
});
