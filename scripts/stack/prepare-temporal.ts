import { Connection } from '@temporalio/client';
import { NEXUS_ENDPOINTS } from '../../temporal-config/nexus-endpoints.ts';
import { SEARCH_ATTRIBUTES } from '../../temporal-config/search-attributes.ts';
import { waitUntil } from './wait-until.ts';

const KEYWORD = 2;
const GRPC_ALREADY_EXISTS = 6;
const RETENTION_SECONDS = 3 * 24 * 3_600;
/** A server knows a new namespace only after its next refresh, up to 10 s later. */
const NAMESPACE_KNOWN_MS = 20_000;

/** Makes what is missing of the namespaces, search attributes and Nexus endpoints, on our server or on a given one. */
export async function prepareTemporal(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '5s' });
  try {
    for (const namespace of Object.keys(SEARCH_ATTRIBUTES)) await prepareNamespace(connection, namespace);
    await createEndpoints(connection);
  } finally {
    await connection.close();
  }
}

async function prepareNamespace(connection: Connection, namespace: string): Promise<void> {
  const workflowExecutionRetentionPeriod = { seconds: RETENTION_SECONDS as unknown as Long };
  await unlessExists(connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }));
  const list = () => connection.operatorService.listSearchAttributes({ namespace });
  const { customAttributes } = await waitUntil(list, NAMESPACE_KNOWN_MS);
  const wanted = SEARCH_ATTRIBUTES[namespace as keyof typeof SEARCH_ATTRIBUTES];
  const missing = wanted.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await unlessExists(connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
}

async function createEndpoints(connection: Connection): Promise<void> {
  const { endpoints } = await connection.operatorService.listNexusEndpoints({ pageSize: 100 });
  const existing = new Set(endpoints?.map(({ spec }) => spec?.name));
  for (const { name, namespace, taskQueue } of NEXUS_ENDPOINTS.filter((endpoint) => !existing.has(endpoint.name))) {
    await unlessExists(connection.operatorService.createNexusEndpoint({ spec: { name, target: { worker: { namespace, taskQueue } } } }));
  }
}

async function unlessExists(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if ((error as { code?: number }).code !== GRPC_ALREADY_EXISTS) throw error;
  }
}
