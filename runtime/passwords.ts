import { hash, verify } from '@node-rs/argon2';

/** Argon2id (the library's default) with the first of OWASP's recommended parameters: 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** What an unknown user's password is compared with, so that the answer takes as long as for a known one. */
let absent: Promise<string> | undefined;

/** @param passwordHash undefined when there is no such user: always false, in the same time. */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  absent ??= hashPassword('nobody has this password');
  const matches = await verify(passwordHash ?? (await absent), password);
  return matches && passwordHash !== undefined;
}
