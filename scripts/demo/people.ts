import { randomUUID } from 'node:crypto';
import { expectStatus, type ApiClient } from '../stack/http-client.ts';

export interface Person {
  readonly id: string;
  readonly token: string;
}

const PASSWORD = 'correct horse battery';

/** Registers somebody with these roles, and logs in. */
export async function registerPerson(
  giveawayApi: ApiClient,
  displayName: string,
  roles: readonly string[],
): Promise<Person> {
  const email = `${displayName.toLowerCase().replaceAll(/\W+/g, '.')}.${randomUUID().slice(0, 8)}@example.com`;
  const { body } = expectStatus(
    await giveawayApi('POST', '/v1/users', { body: { email, password: PASSWORD, displayName, roles } }),
    201,
  );
  return { id: body.id as string, token: await logIn(giveawayApi, email, PASSWORD) };
}

export async function logIn(giveawayApi: ApiClient, email: string, password: string): Promise<string> {
  const { body } = expectStatus(await giveawayApi('POST', '/v1/sessions', { body: { email, password } }), 201);
  return body.accessToken as string;
}

/** Somebody of finance: the role is granted by the stack's first admin, and is in the next token. */
export async function registerFinance(
  giveawayApi: ApiClient,
  environment: Readonly<Record<string, string>>,
): Promise<Person> {
  const { BOOTSTRAP_ADMIN_EMAIL: adminEmail = '', BOOTSTRAP_ADMIN_PASSWORD: adminPassword = '' } = environment;
  const adminToken = await logIn(giveawayApi, adminEmail, adminPassword);
  const email = `finance.${randomUUID().slice(0, 8)}@example.com`;
  const registration = { email, password: PASSWORD, displayName: 'Finance', roles: ['participant'] };
  const { body } = expectStatus(await giveawayApi('POST', '/v1/users', { body: registration }), 201);
  expectStatus(
    await giveawayApi('POST', `/v1/users/${body.id}/roles`, { token: adminToken, body: { roles: ['finance'] } }),
    200,
  );
  return { id: body.id as string, token: await logIn(giveawayApi, email, PASSWORD) };
}
