import { defineRoute, type Route } from '../http/define-route.ts';

export const jwksRoute = ({ publicKeys }: { readonly publicKeys: object }): Route =>
  defineRoute({
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'Public keys of the access tokens',
    auth: 'public',
    responses: { 200: { description: 'A JSON Web Key Set' } },
    handler: () => Promise.resolve({ status: 200, body: publicKeys }),
  });
