/**
 * The vendor's own OpenAPI files, where they are at hand (HABEAS_VENDOR_SPECS, or ../shared/vendor beside the project).
 * They are read, never copied into the project. As published they miss what matters most; the corrections are made in
 * memory, see `corrected`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../../../dev/setup/paths.mjs';

type Json = { [name: string]: Json } & Record<string, unknown>;

/** Folder with the SendGrid files, or null. */
export function specFolder(): string | null {
  const given = process.env['HABEAS_VENDOR_SPECS'];
  const folder = join(
    given === undefined || given === '' ? join(rootFolder(), '..', 'shared', 'vendor') : given,
    'sendgrid',
  );
  return existsSync(join(folder, 'tsg_mc_contacts_v3.json')) ? folder : null;
}

export function readSpec(folder: string, file: string): Json {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as Json;
}

/** Follows one `$ref`, as deep as it goes. */
export function deref(spec: Json, node: Json | undefined): Json | undefined {
  let at = node;
  while (at !== undefined && typeof at['$ref'] === 'string') {
    let found: Json | undefined = spec;
    for (const name of (at['$ref'] as string).split('/').slice(1)) found = found?.[name.replaceAll('~1', '/')];
    at = found;
  }
  return at;
}

/** A copy with the known defects put right, so that dangerous calls are refused and right ones pass. */
export function corrected(original: Json): Json {
  const spec = structuredClone(original);
  for (const item of Object.values(spec['paths'] ?? {}))
    for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
      const body = deref(spec, item[method]?.['requestBody'] as Json | undefined);
      const content = body?.['content']?.['application/json'];
      const schema = structuredClone(deref(spec, content?.['schema']));
      if (content === undefined || schema === undefined || body === undefined) continue;
      schema['additionalProperties'] = false as unknown as Json;
      const properties = schema['properties'];
      if (properties?.['delete_all'] !== undefined) {
        delete properties['delete_all'];
        schema['required'] = ['emails'] as unknown as Json;
        body['required'] = true as unknown as Json;
      }
      content['schema'] = schema;
    }
  const removal = spec['paths']?.['/v3/marketing/contacts']?.['delete'];
  if (removal !== undefined) {
    removal['parameters'] = [
      { name: 'ids', in: 'query', required: true, schema: { type: 'string', minLength: 1 } },
    ] as unknown as Json;
    const answer = removal['responses']?.['202']?.['content']?.['application/json'];
    if (answer !== undefined)
      answer['schema'] = {
        type: 'object',
        required: ['job_id'],
        properties: { job_id: { type: 'string' } },
      } as unknown as Json;
  }
  const globalRead =
    spec['paths']?.['/v3/asm/suppressions/global/{email}']?.['get']?.['responses']?.['200']?.['content']?.[
      'application/json'
    ];
  if (globalRead !== undefined) {
    const schema = structuredClone(deref(spec, globalRead['schema']) ?? ({} as Json));
    delete schema['required'];
    globalRead['schema'] = schema;
  }
  return spec;
}
