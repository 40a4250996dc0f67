import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giftcardApiRoutes } from '../../api/giftcard/app.ts';
import { giveawayApiRoutes } from '../../api/giveaway/app.ts';
import type { Route } from '../../api/http/define-route.ts';
import { openApiDocument } from '../../api/http/openapi.ts';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { ROLES } from '../../domain/roles.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type HttpApp, type TestKeys } from '../support/http-app.ts';

/** The definitions alone: what a handler would do with its dependencies is not asked here. */
const withoutDependencies = {} as never;
const services = {
  giveaway: giveawayApiRoutes(withoutDependencies),
  giftcard: giftcardApiRoutes(withoutDependencies),
};
const let204 = ({ idempotent = false, ...route }: Route): Route => ({
  ...route,
  idempotent: idempotent !== false,
  handler: () => Promise.resolve({ status: 204 }),
});
const pathOf = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, () => randomUUID());

describe.each(Object.entries(services))('every route of %s-api', (_service, routes) => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    app = await startHttpApp(test.db, keys, { routes: routes.map(let204) });
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  const guarded = routes.flatMap((route) => (route.auth === 'public' ? [] : [{ route, permission: route.auth }]));
  const names = guarded.map(({ route, permission }) => [`${route.method} ${route.path}`, route, permission] as const);

  it.each(names)('%s is for nobody without a token', async (_name, route) => {
    const { status, body, headers } = await app.ask(route.method.toUpperCase(), pathOf(route));
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it.each(names)('%s is for the roles of its permission and for no other', async (_name, route, permission) => {
    const allowed: readonly string[] = PERMISSIONS[permission];
    for (const role of ROLES) {
      const token = await keys.issuer.issue({ userId: randomUUID(), sessionId: randomUUID(), roles: [role] });
      const { status } = await app.ask(route.method.toUpperCase(), pathOf(route), { token });
      // What is allowed goes on to be refused for its missing body or key.
      if (allowed.includes(role)) expect([401, 403], role).not.toContain(status);
      else expect(status, role).toBe(403);
    }
  });

  it('is in the document, with every parameter of its path, under a name of its own', () => {
    const document = openApiDocument('test', 'v1', routes) as OpenApi;
    expect(document.openapi).toBe('3.1.0');
    const operations = routes.map((route) => ({ route, operation: document.paths[route.path]?.[route.method] }));
    for (const { route, operation } of operations) {
      const inPath =
        operation?.parameters?.filter((parameter) => parameter.in === 'path').map(({ name }) => name) ?? [];
      expect(inPath, route.path).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
      expect(Object.keys(operation?.responses ?? {}), route.path).toEqual([...Object.keys(route.responses), 'default']);
    }
    const ids = operations.map(({ operation }) => operation?.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.components.schemas['Problem']).toMatchObject({ type: 'object' });
  });
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation | undefined> | undefined>;
  readonly components: { readonly schemas: Record<string, object> };
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Record<string, object>;
}
