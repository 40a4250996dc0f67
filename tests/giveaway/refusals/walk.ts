import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { giveawayApiRoutes } from '../../../api/giveaway/app.ts';
import type { Database } from '../../../db/connect.ts';
import { describeUser, registerUser, type Profile } from '../../../db/identity/users.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Role } from '../../../domain/roles.ts';
import { createAdmissionGate, GATE_OPTIONS } from '../../../runtime/admission-gate.ts';
import { createClaimLinks } from '../../../runtime/claim-links.ts';
import { createEntryHashes } from '../../../runtime/entry-hashes.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import { createTestDatabase, testSetting } from '../../support/database.ts';
import { testSecrets } from '../../support/giveaways.ts';
import { startHttpApp, testKeys } from '../../support/http-app.ts';
import { refuses, walkRows as walkOver, type Refused, type Row } from '../../support/refusals.ts';
import { KEY_ID, publicKey, signHex } from '../draw/build-draw.ts';

export const cause = { actor: 'system', requestId: 'test' };
const ring = [{ id: 'k', key: Buffer.alloc(32, 3) }];
export const claimLinks = createClaimLinks(ring);
export const entryHashes = createEntryHashes(ring);
const addresses = createSecretBox(ring);
/** Whoever is let in keeps the place for the whole test, and nobody is let in because Redis took its time. */
const gateOptions = { ...GATE_OPTIONS, headroom: 0, leaseMs: 60_000, beliefMs: 60_000, patienceMs: 60_000 };

export interface Someone {
  readonly id: string;
  readonly token: string;
}

export type { Refused, Row };

export interface Walk {
  readonly db: Database;
  readonly gate: ReturnType<typeof createAdmissionGate>;
  readonly host: Someone;
  readonly stranger: Someone;
  /** Of the platform. */
  readonly ops: Someone;
  person(about?: Profile, roles?: readonly Role[]): Promise<Someone>;
  call(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, who: Someone | undefined, body?: object): Refused;
  /** Expects this code, its status, and that the database is as it was, but for more rows in `noted`. */
  refuses(code: ErrorCode, refused: Refused, noted?: string): Promise<void>;
  stop(): Promise<void>;
}

export const walkRows = (walk: () => Walk, rows: readonly Row[]): void => walkOver(() => walk().db, rows);

/** Every call of the giveaway API that needs no workflow, over HTTP, on a database in which nothing else happens. */
export async function startWalk(): Promise<Walk> {
  const test = await createTestDatabase('giveaway');
  const { db } = test;
  const redis = new Redis(testSetting('REDIS_URL'));
  const gate = createAdmissionGate(redis, gateOptions);
  const keys = await testKeys();
  const deps = {
    db,
    signer: {
      keyId: KEY_ID,
      publicKey,
      sign: signHex,
      signBeside: (message: Uint8Array) => Promise.resolve(signHex(message)),
    },
    secrets: testSecrets,
    instantWinGate: gate,
    entryHashes,
    sources: { witnessed: false },
    claimLinks,
    addresses,
  };
  const app = await startHttpApp(db, keys, { routes: giveawayApiRoutes(deps as never) });
  const person: Walk['person'] = async (about, roles = ['participant']) => {
    const id = randomUUID();
    const who = { id, email: `${id}@example.com`, displayName: 'Somebody', passwordHash: 'none' };
    await registerUser(db, { ...who, roles }, cause);
    if (about) await describeUser(db, id, about, cause);
    return { id, token: await keys.issuer.issue({ userId: id, sessionId: randomUUID(), roles: [...roles] }) };
  };
  return {
    db,
    gate,
    host: await person({}, ['host', 'participant']),
    stranger: await person({}, ['host', 'participant']),
    ops: await person({}, ['ops', 'participant']),
    person,
    call: (method, path, who, body) => () =>
      app.ask(method, `/v1${path}`, {
        ...(who && { token: who.token }),
        ...(method === 'GET' ? {} : { key: randomUUID(), body: body ?? {} }),
      }),
    refuses: (code, refused, noted) => refuses(db, code, refused, noted),
    stop: async () => {
      await app.close();
      redis.disconnect();
      await test.drop();
    },
  };
}
