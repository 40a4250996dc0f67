import { createHmac, createSecretKey, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** For names only (UUIDv5): never for anything that an adversary may choose and that must not collide. */
export const sha1 = (data: Uint8Array): Uint8Array => hash('sha1', data, 'buffer');

export const sha256 = (data: Uint8Array | string): Uint8Array => hash('sha256', data, 'buffer');

/** With the key as an object, which costs Node a quarter of what a key in bytes costs. */
export const hmacSha256 = (key: Uint8Array, data: Uint8Array | string): Uint8Array =>
  createHmac('sha256', createSecretKey(key)).update(data).digest();

export const randomSecret = (byteCount: number): Uint8Array => randomBytes(byteCount);

/** An opaque token for a person or a program to keep: 256 bits, URL-safe. */
export const randomToken = (): string => randomBytes(32).toString('base64url');

/** Compares in a time that does not depend on where the two differ; different lengths are simply unequal. */
export const constantTimeEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && timingSafeEqual(a, b);
