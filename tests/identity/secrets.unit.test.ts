import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTokenIssuer, createTokenVerifier } from '../../runtime/access-tokens.ts';
import { hashPassword, verifyPassword } from '../../runtime/passwords.ts';
import { createSecretBox, SecretBoxError } from '../../runtime/secret-box.ts';

const key = (id: string, byte: number) => ({ id, key: Buffer.alloc(32, byte) });

describe('a secret box', () => {
  const box = createSecretBox([key('old', 1)]);
  const sealed = box.seal('a card code', 'card:1');

  it('opens what it sealed, for the same thing', () => {
    expect(box.open(sealed, 'card:1').toString()).toBe('a card code');
    expect(box.seal('a card code', 'card:1')).not.toEqual(sealed);
  });

  it('opens nothing for another thing, or with another key, or changed by a bit', () => {
    expect(() => box.open(sealed, 'card:2')).toThrow(SecretBoxError);
    expect(() => createSecretBox([key('old', 2)]).open(sealed, 'card:1')).toThrow(SecretBoxError);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => box.open(changed, 'card:1'), `byte ${index}`).toThrow(SecretBoxError);
    }
    expect(() => box.open(sealed.subarray(0, 20), 'card:1')).toThrow(SecretBoxError);
    expect(() => box.open(Buffer.alloc(0), 'card:1')).toThrow(SecretBoxError);
  });

  it('goes on opening what an older key of the ring sealed', () => {
    const rotated = createSecretBox([key('new', 3), key('old', 1)]);
    expect(rotated.open(sealed, 'card:1').toString()).toBe('a card code');
    expect(() => box.open(rotated.seal('x', 'y'), 'y')).toThrow('not in the ring');
  });
});

describe('a password', () => {
  it('is right, wrong, or nobody’s', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword(hash, 'correct horse')).toBe(true);
    expect(await verifyPassword(hash, 'wrong horse')).toBe(false);
    expect(await verifyPassword(undefined, 'nobody has this password')).toBe(false);
  });
});

describe('the public keys', () => {
  it('may hold no private one', () => {
    const keys = [{ kty: 'OKP', crv: 'Ed25519', kid: 'k', x: 'AA', d: 'AA' }];
    expect(() => createTokenVerifier({ keys })).toThrow('private key');
  });
});

describe('an access token', () => {
  afterEach(() => vi.useRealTimers());

  it('that was verified before is refused from the moment it expires, and a changed one at once', async () => {
    vi.useFakeTimers({ now: new Date('2026-01-01T00:00:00Z'), toFake: ['Date'] });
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const issuer = await createTokenIssuer({ ...asStrings(privateKey.export({ format: 'jwk' })), kid: 'k' }, 60_000);
    const verify = createTokenVerifier({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
    const userId = randomUUID();
    const token = await issuer.issue({ userId, sessionId: randomUUID(), roles: ['merchant'] });
    expect(await verify(token)).toMatchObject({ userId, roles: ['merchant'], actor: `user:${userId}` });
    expect(await verify(token)).toMatchObject({ userId });
    const [header, claims = '', signature] = token.split('.');
    const forged = Buffer.from(claims, 'base64url').toString().replace('"merchant"', '"admin"');
    await expect(verify([header, Buffer.from(forged).toString('base64url'), signature].join('.'))).rejects.toThrow(
      'not valid',
    );
    vi.setSystemTime(new Date('2026-01-01T00:00:59Z'));
    expect(await verify(token)).toMatchObject({ userId });
    vi.setSystemTime(new Date('2026-01-01T00:01:00Z'));
    await expect(verify(token)).rejects.toThrow('has expired');
  });
});

const asStrings = (jwk: object): Record<string, string> =>
  Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, String(value)]));
