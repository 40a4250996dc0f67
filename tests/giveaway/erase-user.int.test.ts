import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityRoutes } from '../../api/giveaway/identity-routes.ts';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { connectionSettings } from '../../db/copy-rows.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { eraseUser } from '../../db/giveaway/erase-user.ts';
import { writeProof } from '../../db/giveaway/read-proof.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { createApiKey } from '../../db/identity/api-keys.ts';
import { rotateRefreshToken, startSession } from '../../db/identity/sessions.ts';
import { findAddresses, registerUser } from '../../db/identity/users.ts';
import { participantCommitment } from '../../domain/draw/entry.ts';
import { ProofReader } from '../../domain/proof/proof-reader.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { hashPassword } from '../../runtime/passwords.ts';
import { twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { newEntry, openTestGiveaway, passDeadline, testSecrets } from '../support/giveaways.ts';
import { startHttpApp, testKeys, type HttpApp, type TestKeys } from '../support/http-app.ts';
import { hashOf, KEY_ID, publicKey, signHex, signReceipt } from './draw/build-draw.ts';

const cause = { actor: 'user:test', requestId: 'test' };
const PASSWORD = 'correct horse battery';

describe('somebody who is erased', () => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;

  const person = async (roles: readonly ('participant' | 'host')[] = ['participant']): Promise<string> => {
    const id = randomUUID();
    const passwordHash = await hashPassword(PASSWORD);
    await registerUser(test.db, { id, email: `${id}@example.com`, displayName: 'Ada', roles, passwordHash }, cause);
    return id;
  };
  const enter = (giveawayId: string, participantId: string) => {
    const salt = hashOf(randomUUID());
    const commitment = participantCommitment(drawCrypto, { giveawayId, participantId, salt });
    const signals = [{ kind: 'device' as const, hash: hashOf(participantId) }];
    return enterGiveaway(test.db, newEntry(giveawayId, { participantId, salt, commitment, signals }), cause);
  };
  const draw = async (giveawayId: string): Promise<void> => {
    await passDeadline(test.db, giveawayId);
    await closeGiveaway(test.db, giveawayId, cause);
    const signer = { keyId: KEY_ID, publicKey, sign: signHex };
    const draws = drawGiveawayActivities({ db: test.db, secrets: testSecrets, signer, heartbeat: () => {} });
    await draws.commitDraw({ giveawayId, ...cause });
    await draws.drawGiveaway({ giveawayId, ...cause });
  };
  const proofOf = async (giveawayId: string): Promise<string[]> => {
    const lines: string[] = [];
    await writeProof(connectionSettings(test.db), giveawayId, (line) => void lines.push(line));
    return lines;
  };
  const erase = (userId: string, abandonPrizes = false) => eraseUser(test.db, { userId, abandonPrizes }, cause);
  const isOver = (giveawayId: string) => test.db('giveaways').where({ id: giveawayId }).update({ state: 'COMPLETED' });

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    const logInLimit = { consume: () => Promise.resolve() };
    const times = { refreshTokenTtlMs: 60_000, accessTokenTtlMs: 60_000 };
    app = await startHttpApp(test.db, keys, { routes: identityRoutes({ db: test.db, ...keys, ...times, logInLimit }) });
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  it('is in no table any more, while the proof stays as it was, valid, and keeps their own receipt', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const [gone, stays] = [await person(), await person()];
    const [entry] = [await enter(giveawayId, gone), await enter(giveawayId, stays)];
    await expect(erase(gone)).rejects.toMatchObject({
      code: 'user_not_erasable',
      details: { giveawayIds: [giveawayId] },
    });
    await draw(giveawayId);
    await expect(erase(gone)).rejects.toMatchObject({ code: 'user_not_erasable' });
    await isOver(giveawayId);
    const before = await proofOf(giveawayId);
    await twice(test.db, () => erase(gone));
    expect(await proofOf(giveawayId)).toEqual(before);

    const { entryId, participant, salt, receivedAt } = {
      entryId: entry.id,
      participant: entry.commitment,
      salt: entry.salt,
      receivedAt: entry.receivedAt,
    };
    const receipt = signReceipt({
      version: 'handsel-receipt-v1',
      giveawayId,
      entryId,
      participant,
      salt,
      receivedAt,
      keyId: KEY_ID,
    });
    const reader = new ProofReader(drawCrypto, {
      trustedKey: publicKey,
      receipt: { document: receipt, participantId: gone },
    });
    for (const line of before) reader.read(line);
    expect(reader.end().receipt).toMatchObject({ kind: 'included' });

    expect(await test.db('giveaway_participants').where({ participant_id: gone }).first('salt')).toEqual({
      salt: null,
    });
    expect(await test.db('giveaway_participants').where({ participant_id: stays }).first('salt')).not.toEqual({
      salt: null,
    });
    expect(await test.db('giveaway_signals').where({ participant_id: gone })).toEqual([]);
    expect((await findAddresses(test.db, [gone, stays])).size).toBe(1);
    const { rows } = await test.db.raw<{ rows: object[] }>('select * from users where id = ?', [gone]);
    expect(JSON.stringify(rows)).not.toMatch(/example\.com|Ada|argon2/);
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('does not come back by an entry at the same moment: one of the two is refused', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const outcomes = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      const userId = await person();
      const calls =
        round % 2 === 0 ? [enter(giveawayId, userId), erase(userId)] : [erase(userId), enter(giveawayId, userId)];
      const results = await Promise.allSettled(calls);
      const codes = results.flatMap((one) =>
        one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
      );
      expect(codes).toHaveLength(1);
      outcomes.add(codes[0] ?? '');
    }
    expect([...outcomes].filter((code) => code !== 'user_erased' && code !== 'user_not_erasable')).toEqual([]);
    const { rows } = await test.db.raw<{ rows: object[] }>(
      'select 1 from giveaway_participants s join users u on u.id = s.participant_id where u.erased_at is not null and s.salt is not null',
    );
    expect(rows).toEqual([]);
  });

  it('leaves no way back in, whoever logs in, refreshes or makes a key at the same moment', async () => {
    for (let round = 0; round < 20; round += 1) {
      const userId = await person();
      const [tokenHash, nextHash, later, keyHash] = Array.from({ length: 4 }, () => randomBytes(32));
      const open = (hash: Buffer) =>
        startSession(test.db, { sessionId: randomUUID(), userId, tokenHash: hash, ttlMs: 60_000 }, cause);
      await open(tokenHash as Buffer);
      const results = await Promise.allSettled([
        erase(userId),
        open(later as Buffer),
        rotateRefreshToken(
          test.db,
          { tokenHash: tokenHash as Buffer, nextHash: nextHash as Buffer, ttlMs: 60_000 },
          'test',
        ),
        createApiKey(
          test.db,
          { id: randomUUID(), userId, name: 'Ada’s', scopes: ['award.claim'], keyHash: keyHash as Buffer },
          cause,
        ),
      ]);
      expect(results[0]?.status).toBe('fulfilled');
      for (const one of results) {
        if (one.status === 'rejected') expect(['user_erased', 'token_invalid']).toContain(one.reason.code);
      }
      expect(await test.db('sessions').where({ user_id: userId, ended_at: null })).toEqual([]);
      expect(await test.db('api_keys').where({ user_id: userId }).whereNot({ name: '' })).toEqual([]);
      expect(await test.db('api_keys').where({ user_id: userId, revoked_at: null })).toEqual([]);
    }
  });

  it('gives prizes up only when they say so, and is no host', async () => {
    const giveawayId = await openTestGiveaway(test.db);
    const winner = await person();
    await enter(giveawayId, winner);
    await draw(giveawayId);
    await test.db('giveaway_awards').where({ giveaway_id: giveawayId }).update({ state: 'FULFILLED' });
    await isOver(giveawayId);
    await expect(erase(winner)).rejects.toMatchObject({ code: 'user_has_prizes' });
    expect((await erase(winner, true)).userId).toBe(winner);
    await expect(erase(await person(['participant', 'host']))).rejects.toMatchObject({ code: 'user_not_erasable' });
    await expect(erase(randomUUID())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('asks for it with the password, and is not known to any call afterwards', async () => {
    const userId = await person();
    const token = await keys.issuer.issue({ userId, sessionId: randomUUID(), roles: ['participant'] });
    const ask = (password: string, key: string) =>
      app.ask('POST', '/v1/users/me/erasure', { token, key, body: { password } });
    expect((await ask('a wrong password', 'e1')).body.code).toBe('credentials_invalid');
    const done = await ask(PASSWORD, 'e2');
    expect([done.status, done.body.userId]).toEqual([200, userId]);
    expect((await ask(PASSWORD, 'e2')).body).toEqual(done.body);
    expect((await app.ask('GET', '/v1/users/me', { token })).status).toBe(404);
    const credentials = { email: `${userId}@example.com`, password: PASSWORD };
    expect((await app.ask('POST', '/v1/sessions', { body: credentials })).body.code).toBe('credentials_invalid');
    expect((await app.ask('PATCH', '/v1/users/me', { token, key: 'p', body: { country: 'DE' } })).status).toBe(404);
  });
});
