import { randomUUID } from 'node:crypto';
import { expectStatus, type Answer, type ApiClient } from '../stack/http-client.ts';
import { waitFor } from './watch.ts';

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

/** Registers so many participants, ten at a time. */
export async function registerPeople(giveaways: ApiClient, count: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let from = 0; from < count; from += 10) {
    const batch = Array.from({ length: Math.min(10, count - from) }, (_, index) => from + index + 1);
    people.push(
      ...(await Promise.all(batch.map((number) => registerPerson(giveaways, `Person ${number}`, ['participant'])))),
    );
  }
  return people;
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

/** Funds a wallet by card, and waits for the money, however long the provider takes. @returns the funding as it ended. */
export async function fundWallet(
  giveawayApi: ApiClient,
  token: string,
  money: { readonly amountMinor: string; readonly currency: string },
): Promise<Answer['body']> {
  const asked = await giveawayApi('POST', '/v1/wallet/fundings', { token, body: { ...money, source: 'tok_visa' } });
  const { fundingId } = expectStatus(asked, 201, 202).body;
  const read = async () =>
    expectStatus(await giveawayApi('GET', `/v1/wallet/fundings/${fundingId}`, { token }), 200).body;
  await waitFor('the funding', async () => (await read()).state === 'SUCCEEDED');
  return read();
}
