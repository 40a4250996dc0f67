import { z } from 'zod';
import type { Route } from './define-route.ts';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest;
};

/** OpenAPI 3.1, from the same schemas that parse the requests. */
export function openApiDocument(title: string, version: string, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: { title, version },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
}

function operation(route: Route): object {
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  };
  const parameters = [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
    ...(route.idempotent ? [idempotencyKey] : []),
  ];
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary: route.summary,
    ...(route.auth === 'public'
      ? {}
      : { security: [{ bearer: [] }], description: `Needs the permission \`${route.auth}\`.` }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, response]) => [status, responseOf(response)]),
      ),
      default: {
        description: 'A problem document',
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const wordsOf = ({ path }: Route): string[] => path.split(/[^A-Za-z0-9]+/).filter((word) => word && word !== 'v1');

/** `post /v1/users/{userId}/roles` → `postUsersUserIdRoles`: a name for generated clients, stable as the path is. */
const operationId = (route: Route): string =>
  route.method +
  wordsOf(route)
    .map((word) => word.replace(/^./, (first) => first.toUpperCase()))
    .join('');

const tagOf = (route: Route): string => wordsOf(route)[0] ?? 'pages';

const responseOf = ({ description, schema }: { description: string; schema?: z.ZodType }) => ({
  description,
  ...(schema ? { content: { 'application/json': { schema: schemaOf(schema, 'output') } } } : {}),
});

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): object[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}
