import type { DatabaseSync } from 'node:sqlite';
import Router from '@koa/router';
import type { z } from 'zod';

export interface Conditions<T> {
  /** As they are now. */
  read(): T;
  /** `PUT /admin/conditions` replaces them; `GET /admin/truth` shows them, and what else there is to know. */
  readonly admin: Router;
}

/**
 * How a simulator behaves until it is told otherwise; kept on disk, so that a restart changes nothing.
 * @param schema with a default for every condition.
 * @param truth what else whoever runs the tests may know.
 */
export function keepConditions<Schema extends z.ZodObject>(
  db: DatabaseSync,
  schema: Schema,
  truth: () => object,
): Conditions<z.output<Schema>> {
  db.exec('create table if not exists conditions (id integer primary key check (id = 1), value text not null)');
  const read = (): z.output<Schema> => {
    const row = db.prepare('select value from conditions where id = 1').get();
    return schema.parse(row ? JSON.parse(String(row['value'])) : {});
  };
  const write = db.prepare(
    'insert into conditions (id, value) values (1, ?) on conflict (id) do update set value = excluded.value',
  );
  const admin = new Router({ prefix: '/admin' });
  admin.put('/conditions', (context) => {
    write.run(JSON.stringify(schema.parse(context.request.body)));
    context.status = 204;
  });
  admin.get('/truth', (context) => void (context.body = { conditions: read(), ...truth() }));
  return { read, admin };
}
