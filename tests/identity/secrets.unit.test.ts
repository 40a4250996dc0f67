import { describe, expect, it } from 'vitest';
import { createSecretBox, SecretBoxError } from '../../runtime/secret-box.ts';
import { createTokenVerifier } from '../../runtime/access-tokens.ts';
import { hashPassword, verifyPassword } from '../../runtime/passwords.ts';

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
