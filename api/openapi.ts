/** OpenAPI 3.1 out of the endpoint table. docs/openapi.json is its committed copy; a test compares them. */
import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { ENDPOINTS, PROBLEMS, problemSchema, problemsOf, type Endpoint, type ProblemCode } from '../contracts/index.js';

function responsesOf(endpoint: Endpoint): ZodOpenApiResponsesObject {
  const responses: Record<string, unknown> = {};
  for (const [status, spec] of Object.entries(endpoint.responses)) {
    const type = spec.contentType ?? 'application/json';
    responses[status] = {
      description: spec.description,
      ...(spec.headers === undefined
        ? {}
        : { headers: Object.fromEntries(spec.headers.map((name) => [name, { schema: { type: 'string' } }])) }),
      ...(spec.schema !== undefined
        ? { content: { [type]: { schema: spec.schema } } }
        : spec.contentType !== undefined
          ? { content: { [type]: {} } }
          : {}),
    };
  }
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(endpoint))
    byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code]);
  for (const [status, codes] of byStatus) {
    responses[String(status)] ??= {
      description: codes.join(', '),
      content: { 'application/problem+json': { schema: problemSchema } },
    };
  }
  return responses as ZodOpenApiResponsesObject;
}

function whoText(endpoint: Endpoint): string {
  const { who } = endpoint;
  if (typeof who === 'string') return who === 'everyone' ? 'No sign-in.' : 'Standard Webhooks signature.';
  const scopes = who.scopes.map((scope) => `machine with ${scope}`);
  return `For: ${[...who.roles, ...scopes].join(', ')}.`;
}

function headersOf(endpoint: Endpoint): z.ZodObject | undefined {
  let shape: z.ZodObject = endpoint.headers ?? z.object({});
  if (endpoint.idempotency === 'required') shape = shape.extend({ 'Idempotency-Key': z.string().min(1).max(255) });
  if (endpoint.precondition === 'if-match') shape = shape.extend({ 'If-Match': z.string() });
  return Object.keys(shape.shape).length === 0 ? undefined : shape;
}

function operationOf(id: string, endpoint: Endpoint): ZodOpenApiOperationObject {
  const header = headersOf(endpoint);
  // zod-openapi takes objects only; a refined query is documented by its fields.
  const query = endpoint.query instanceof z.ZodObject ? endpoint.query : undefined;
  return {
    operationId: id,
    summary: endpoint.summary,
    description: whoText(endpoint),
    ...(typeof endpoint.who === 'object' ? { security: [{ token: [] }] } : { security: [] }),
    requestParams: {
      ...(endpoint.params === undefined ? {} : { path: endpoint.params }),
      ...(query === undefined ? {} : { query }),
      ...(header === undefined ? {} : { header }),
    },
    ...(endpoint.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: endpoint.body } } } }),
    responses: responsesOf(endpoint),
  };
}

/** The document, with its keys in the table's order: same table, same bytes. */
export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [id, endpoint] of Object.entries(ENDPOINTS) as [string, Endpoint][]) {
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = operationOf(id, endpoint);
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Habeas',
      version: '1',
      description:
        'Runs each data-subject request and proves what happened. Conventions: docs/api.md; events: docs/events.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: paths as ZodOpenApiPathsObject,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'API token (dsk_…)' } } },
  }) as unknown as Record<string, unknown>;
}
