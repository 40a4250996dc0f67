import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface RingKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Secrets at rest: encrypted with the first key of the ring, opened with whichever key they name. */
export interface SecretBox {
  /** @param aad what the secret belongs to, e.g. `gift-card:<id>`: it can be opened only for the same. */
  seal(plaintext: Uint8Array | string, aad: string): Buffer;
  /** @throws SecretBoxError when the key is gone, the bytes were changed, or it belongs to something else. */
  open(sealed: Uint8Array, aad: string): Buffer;
  /** Whether it is sealed with the first key of the ring. */
  isCurrent(sealed: Uint8Array): boolean;
}

export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';
}

const CIPHER = 'aes-256-gcm';
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createSecretBox(ring: readonly RingKey[]): SecretBox {
  const [current] = ring;
  if (!current) throw new SecretBoxError('A secret box needs at least one key');
  const keys = new Map(ring.map(({ id, key }) => [id, key]));
  return {
    seal: (plaintext, aad) => seal(current, plaintext, aad),
    open: (sealed, aad) => open(keys, Buffer.from(sealed), aad),
    isCurrent: (sealed) => keyIdOf(Buffer.from(sealed)) === current.id,
  };
}

/** format (1) · length of the key id (1) · key id · nonce (12) · tag (16) · ciphertext */
function seal({ id, key }: RingKey, plaintext: Uint8Array | string, aad: string): Buffer {
  const keyId = Buffer.from(id, 'utf8');
  const header = Buffer.concat([Buffer.from([FORMAT, keyId.length]), keyId]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(bound(header, aad));
  const ciphertext = Buffer.concat([cipher.update(Buffer.from(plaintext as string)), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext]);
}

function open(keys: ReadonlyMap<string, Uint8Array>, sealed: Buffer, aad: string): Buffer {
  const keyId = keyIdOf(sealed);
  const headerEnd = 2 + (sealed[1] ?? 0);
  const header = sealed.subarray(0, headerEnd);
  const key = keys.get(keyId);
  if (!key) throw new SecretBoxError(`The key ${keyId} is not in the ring`);
  const nonceEnd = headerEnd + NONCE_BYTES;
  const tagEnd = nonceEnd + TAG_BYTES;
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(headerEnd, nonceEnd), { authTagLength: TAG_BYTES });
    decipher.setAAD(bound(header, aad)).setAuthTag(sealed.subarray(nonceEnd, tagEnd));
    return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]);
  } catch (cause) {
    throw new SecretBoxError('The sealed secret was changed or belongs to something else', { cause });
  }
}

function keyIdOf(sealed: Buffer): string {
  if (sealed[0] !== FORMAT) throw new SecretBoxError('Not a sealed secret');
  return sealed.subarray(2, 2 + (sealed[1] ?? 0)).toString('utf8');
}

/** The key id is authenticated too, so that nobody can point a secret at another key. */
const bound = (header: Buffer, aad: string): Buffer => Buffer.concat([header, Buffer.from(aad, 'utf8')]);
